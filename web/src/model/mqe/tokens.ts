/** Words of MQE as the server reads them (crates/lang, token.rs); what is not finished is a token as well. */
export type TokenKind = 'name' | 'number' | 'text' | 'open' | 'close' | 'comma' | 'operator' | 'unknown'

export interface Token {
  kind: TokenKind
  text: string
  /** UTF-16 offsets. */
  from: number
  to: number
  /** A text whose closing quote is missing. */
  unfinished?: boolean
}

const word = /[0-9]+\.[0-9]+(?![a-zA-Z0-9_])|[a-zA-Z0-9_]+|'[^']*'?|"[^"]*"?|==|!=|<=|>=|&&|\|\||[-+*/%<>=.]|[()[\]{}]|,|\s+|[^]/gu

function kindOf(text: string): TokenKind {
  if (/^[0-9]+(\.[0-9]+)?$/.test(text)) return 'number'
  if (/^[a-zA-Z0-9_]/.test(text)) return 'name'
  if (/^['"]/.test(text)) return 'text'
  if (/^[([{]$/.test(text)) return 'open'
  if (/^[)\]}]$/.test(text)) return 'close'
  if (text === ',') return 'comma'
  return /^[-+*/%<>=!&|.]+$/.test(text) ? 'operator' : 'unknown'
}

export function mqeTokens(expression: string): Token[] {
  const tokens: Token[] = []
  for (const match of expression.matchAll(word)) {
    const text = match[0]
    if (/^\s/.test(text)) continue
    const kind = kindOf(text)
    const unfinished = kind === 'text' && (text.length < 2 || text.at(-1) !== text[0])
    tokens.push({ kind, text, from: match.index, to: match.index + text.length, ...(unfinished ? { unfinished } : {}) })
  }
  return tokens
}

/** Names of functions and how they are called. */
export const FUNCTIONS: Record<string, string> = {
  avg: 'avg(expression)',
  count: 'count(expression)',
  latest: 'latest(expression)',
  sum: 'sum(expression)',
  max: 'max(expression)',
  min: 'min(expression)',
  abs: 'abs(expression)',
  ceil: 'ceil(expression)',
  floor: 'floor(expression)',
  round: 'round(expression, places)',
  increase: 'increase(metric, steps)',
  rate: 'rate(metric, steps)',
  top_n: "top_n(metric, count, des|asc, attr0='LAYER')",
  top_n_of: 'top_n_of(top_n(…), top_n(…), count, des|asc)',
  view_as_seq: 'view_as_seq(expression, …)',
  is_present: 'is_present(expression, …)',
  relabels: "relabels(expression, label='…', label='…')",
  aggregate_labels: 'aggregate_labels(expression, sum|avg|max|min)',
  sort_values: 'sort_values(expression, count, des|asc)',
  sort_label_values: 'sort_label_values(expression, des|asc, label)',
  baseline: 'baseline(metric, value|upper|lower)',
}
