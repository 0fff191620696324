import { FUNCTIONS, mqeTokens, type Token } from './tokens'

export interface MetricName {
  name: string
  /** REGULAR_VALUE, LABELED_VALUE, SAMPLED_RECORD. */
  type: string
  /** SERVICE, SERVICE_INSTANCE, ENDPOINT or a relation. */
  catalog: string
}

export interface Suggestion {
  label: string
  /** What takes the place of the text between `from` and `to`. */
  insert: string
  kind: 'metric' | 'function' | 'label' | 'value' | 'word'
  hint: string
}

export interface Completion {
  from: number
  to: number
  items: Suggestion[]
}

/** What can stand where; labels of a metric by name, with their values. */
export interface Catalogue {
  metrics: readonly MetricName[]
  labels(metric: string): Readonly<Record<string, readonly string[]>>
  layers: readonly string[]
}

const MOST = 40
const NONE: Completion = { from: 0, to: 0, items: [] }

/** Percentiles are the labelled metrics that every catalogue has. */
export function usualLabels(metric: string): Record<string, readonly string[]> {
  return metric.endsWith('_percentile') ? { p: ['50', '75', '90', '95', '99'] } : {}
}

/** The opening bracket that is still open before token `end`, and how many commas stand in it so far. */
function enclosing(tokens: readonly Token[], end: number): { at: number; commas: number } | null {
  let depth = 0
  let commas = 0
  for (let i = end - 1; i >= 0; i--) {
    const token = tokens[i]
    if (!token) continue
    if (token.kind === 'close') depth++
    else if (token.kind === 'open') {
      if (depth === 0) return { at: i, commas }
      depth--
    } else if (token.kind === 'comma' && depth === 0) commas++
  }
  return null
}

/** Beginnings of the name first, then beginnings of a word in it, then the shorter. */
function matching(items: readonly Suggestion[], typed: string): Suggestion[] {
  const wanted = typed.toLowerCase()
  const place = (label: string): number => {
    const at = label.toLowerCase().indexOf(wanted)
    return at < 0 ? -1 : at === 0 ? 0 : label[at - 1] === '_' ? 1 : 2
  }
  return items
    .map((item) => ({ item, place: place(item.label) }))
    .filter((one) => one.place >= 0 && one.item.label !== typed)
    .sort((a, b) => a.place - b.place || (wanted === '' ? 0 : a.item.label.length - b.item.label.length))
    .slice(0, MOST)
    .map((one) => one.item)
}

const words = (list: readonly string[]): Suggestion[] => list.map((label) => ({ label, insert: label, kind: 'word', hint: '' }))

/** Words that only stand at a certain argument of a function. */
function argumentWords(name: string, argument: number): readonly string[] | null {
  if (name === 'top_n' && argument === 1) return ['10', '20', '5']
  if ((name === 'top_n' || name === 'sort_values') && argument === 2) return ['des', 'asc']
  if (name === 'sort_label_values' && argument === 1) return ['des', 'asc']
  if (name === 'aggregate_labels' && argument === 1) return ['sum', 'avg', 'max', 'min']
  if (name === 'baseline' && argument === 1) return ['value', 'upper', 'lower']
  return null
}

/** Functions whose first argument is the name of a metric, not an expression. */
const OF_METRIC = new Set(['top_n', 'increase', 'rate', 'baseline'])

function names(catalogue: Catalogue, functions: boolean, rankable: boolean): Suggestion[] {
  const metrics = catalogue.metrics.filter((one) => !rankable || one.type !== 'LABELED_VALUE').map(({ name, catalog }): Suggestion => ({ label: name, insert: name, kind: 'metric', hint: catalog.toLowerCase().replaceAll('_', ' ') }))
  if (!functions) return metrics
  return [...metrics, ...Object.entries(FUNCTIONS).map(([label, hint]): Suggestion => ({ label, insert: `${label}(`, kind: 'function', hint: hint.slice(label.length) }))]
}

/** Values of a label inside its quotes; the list is separated by commas, and what it holds is not offered again. */
function labelValues(tokens: readonly Token[], at: number, text: Token, cursor: number, catalogue: Catalogue): Completion {
  const key = tokens[at - 2]?.text ?? ''
  const before = text.text.slice(1, cursor - text.from)
  const typed = before.slice(before.lastIndexOf(',') + 1).trim()
  const inside = text.text.slice(1, text.unfinished ? undefined : -1)
  const used = inside.split(',').map((one) => one.trim())
  const open = enclosing(tokens, at)
  const metric = open && tokens[open.at]?.text === '{' ? (tokens[open.at - 1]?.text ?? '') : ''
  const values = /^attr[0-5]$/.test(key) ? catalogue.layers : (catalogue.labels(metric)[key] ?? [])
  const items = values.filter((one) => one === typed || !used.includes(one)).map((label): Suggestion => ({ label, insert: label, kind: 'value', hint: key }))
  return { from: cursor - typed.length, to: cursor, items: matching(items, typed) }
}

/** What may stand at the cursor, and the text that it would replace. */
export function complete(expression: string, cursor: number, catalogue: Catalogue): Completion {
  const tokens = mqeTokens(expression)
  const inText = tokens.findIndex((token) => token.kind === 'text' && token.from < cursor && (cursor < token.to || (token.unfinished === true && cursor <= token.to)))
  const text = tokens[inText]
  if (text) return labelValues(tokens, inText, text, cursor, catalogue)
  const current = tokens.findIndex((token) => (token.kind === 'name' || token.kind === 'number') && token.from <= cursor && cursor <= token.to)
  const word = tokens[current]
  const index = word ? current : tokens.filter((token) => token.to <= cursor).length
  const before = tokens[index - 1]
  // Behind a complete operand only an operator can stand.
  if (before && (before.kind === 'name' || before.kind === 'number' || before.kind === 'text' || before.kind === 'close')) return NONE
  const [from, to] = word ? [word.from, word.to] : [cursor, cursor]
  const typed = word ? expression.slice(word.from, cursor) : ''
  const found = (items: Suggestion[]): Completion => ({ from, to, items: matching(items, typed) })
  const open = enclosing(tokens, index)
  const opener = open ? (tokens[open.at - 1]?.text ?? '') : ''
  if (open && tokens[open.at]?.text === '{') {
    if (before?.text === '=') return NONE
    return found(Object.keys(catalogue.labels(opener)).map((label) => ({ label, insert: `${label}='`, kind: 'label', hint: opener })))
  }
  if (open) {
    const fixed = argumentWords(opener, open.commas)
    if (fixed) return found(words(fixed))
    if (opener === 'top_n' && open.commas >= 3) return before?.text === '=' ? NONE : found([{ label: 'attr0', insert: "attr0='", kind: 'label', hint: 'layer' }])
    if (OF_METRIC.has(opener)) return open.commas === 0 ? found(names(catalogue, false, opener === 'top_n')) : NONE
  }
  if (word?.kind === 'number') return NONE
  return found(names(catalogue, true, false))
}
