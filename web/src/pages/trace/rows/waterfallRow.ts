import { Edge, Flag } from '@/model'
import { duration } from '@/ui/text/numbers'
import type { ShownTrace } from '../shown'
import { element, setAttribute, setHidden, setMeasure, setStyle, setText, toggleClass } from './elements'
import { createNameCell, fillNameCell, type NameCell } from './nameCell'
import { joinStretches, percentAt, type Stretch } from './scale'
import type { RowRenderer } from './virtualRows'

/** Most pieces of the critical path that one row draws; nearer ones are joined. */
const PIECES = 10
/** A network or self time gap is told from this share of the whole trace on, a share of the path from this one. */
const TELL_GAP = 0.1
const TELL_SHARE = 0.25

/** Space before the first level in px. */
const PAD = 12

interface Parts {
  name: NameCell
  client: HTMLElement
  bar: HTMLElement
  gap: HTMLElement
  failed: HTMLElement
  pieces: HTMLElement[]
  line: HTMLElement
  note: HTMLElement
  time: HTMLElement
  unit: HTMLElement
}

const made = new WeakMap<HTMLElement, Parts>()

/** Renders rows of the waterfall from what `shown` gives at the time. */
export function waterfallRows(shown: () => ShownTrace | null): RowRenderer {
  return {
    create() {
      const row = element('div', 'tr-row')
      row.setAttribute('role', 'row')
      const name = createNameCell(row, PAD)
      const line = element('div', 'tr-line', row)
      line.setAttribute('role', 'gridcell')
      const parts: Parts = {
        name,
        line,
        client: element('i', 'tr-client', line),
        bar: element('i', 'tr-bar', line),
        gap: element('i', 'tr-gap', line),
        pieces: [],
        failed: element('i', 'tr-failed', line),
        note: element('span', 'tr-note', line),
        time: element('div', 'tr-time num', row),
        unit: document.createElement('span'),
      }
      parts.time.setAttribute('role', 'gridcell')
      parts.unit.className = 'unit'
      parts.time.append('', parts.unit)
      made.set(row, parts)
      return row
    },
    fill(row, index) {
      const parts = made.get(row)
      const now = shown()
      if (parts && now) fill(row, parts, now, index)
    },
  }
}

function fill(row: HTMLElement, parts: Parts, shown: ShownTrace, index: number): void {
  const { trace, rows } = shown
  const { arrays } = trace
  const span = rows.row[index]!
  const client = rows.client[index]!
  const depth = rows.depth[index]!
  const twist = rows.twist[index]!
  fillNameCell(parts.name, shown, span, { depth, twist, hidden: rows.hidden[index]!, client })
  setAttribute(row, 'aria-level', String(depth + 1))
  setAttribute(row, 'aria-rowindex', String(index + 2))
  setAttribute(row, 'aria-expanded', twist === 0 ? null : String(twist === 1))
  const selected = shown.selected === span || (client >= 0 && shown.selected === client)
  toggleClass(row, 'selected', selected)
  setAttribute(row, 'aria-selected', String(selected))
  setAttribute(row, 'id', `span-${index}`)
  const hit = shown.hits !== null && (shown.hits[span] === 1 || (client >= 0 && shown.hits[client] === 1))
  toggleClass(row, 'hit', hit)
  toggleClass(row, 'dim', shown.hits !== null && !hit)
  bars(parts, shown, span, client)
  const length = client >= 0 ? arrays.duration[client]! : arrays.duration[span]!
  if (arrays.flags[span]! & Flag.inFlight) setMeasure(parts.time, parts.unit, { text: '…', unit: '' })
  else setMeasure(parts.time, parts.unit, duration(length))
}

/** A hundredth of a per cent is less than a pixel. */
const percent = (value: number): string => `${Math.round(value * 100) / 100}%`

function put(node: HTMLElement, stretch: Stretch, from: number, to: number): void {
  const left = percentAt(stretch, from)
  setStyle(node, 'left', percent(left))
  setStyle(node, 'width', percent(Math.max(0, percentAt(stretch, to) - left)))
}

function bars(parts: Parts, shown: ShownTrace, span: number, client: number): void {
  const { trace, stretch } = shown
  const { arrays } = trace
  const colour = shown.colours[arrays.service[span]!] ?? ''
  const start = arrays.start[span]!
  const end = arrays.flags[span]! & Flag.inFlight ? Math.max(arrays.end[span]!, trace.to) : arrays.end[span]!
  put(parts.bar, stretch, start, end)
  setStyle(parts.bar, 'background', colour)
  toggleClass(parts.bar, 'open', (arrays.flags[span]! & Flag.inFlight) !== 0)
  setHidden(parts.client, client < 0)
  if (client >= 0) {
    put(parts.client, stretch, arrays.start[client]!, arrays.end[client]!)
    setStyle(parts.client, 'background', `color-mix(in srgb, ${colour} 42%, transparent)`)
  }
  const whole = trace.to - trace.from
  const waits = arrays.gapTo[span]! - arrays.gapFrom[span]! >= whole * TELL_GAP
  setHidden(parts.gap, !waits)
  if (waits) put(parts.gap, stretch, arrays.gapFrom[span]!, arrays.gapTo[span]!)
  const failed = ((arrays.flags[span]! | (client >= 0 ? arrays.flags[client]! : 0)) & Flag.error) !== 0
  setHidden(parts.failed, !failed)
  if (failed) setStyle(parts.failed, 'left', percent(percentAt(stretch, client >= 0 && !(arrays.flags[span]! & Flag.error) ? arrays.end[client]! : end)))
  pathPieces(parts, shown, span, client)
  note(parts, shown, span, client, waits)
}

function pathPieces(parts: Parts, shown: ShownTrace, span: number, client: number): void {
  const { path } = shown.trace
  const pieces: Stretch[] = []
  if (shown.showPath) {
    for (const row of client >= 0 ? [client, span] : [span]) {
      for (let i = path.first[row]!; i < path.first[row + 1]!; i++) {
        if (path.to[i]! > shown.stretch.from && path.from[i]! < shown.stretch.to) pieces.push({ from: path.from[i]!, to: path.to[i]! })
      }
    }
    pieces.sort((a, b) => a.from - b.from)
  }
  const near = (shown.stretch.to - shown.stretch.from) / 600
  const joined = pieces.length > 1 ? joinStretches(pieces, near, PIECES) : pieces
  while (parts.pieces.length < joined.length) parts.pieces.push(element('i', 'tr-path', parts.line))
  parts.pieces.forEach((piece, i) => {
    const at = joined[i]
    setHidden(piece, at === undefined)
    if (at !== undefined) put(piece, shown.stretch, at.from, at.to)
  })
}

/** The one thing worth saying about a span beside its bar; inside the bar where that is long, else where there is room. */
function note(parts: Parts, shown: ShownTrace, span: number, client: number, waits: boolean): void {
  const text = noteText(shown, span, client, waits)
  setHidden(parts.note, text === '')
  if (text === '') return
  setText(parts.note, text)
  const { arrays } = shown.trace
  const left = percentAt(shown.stretch, Math.min(arrays.start[span]!, client >= 0 ? arrays.start[client]! : Infinity))
  const open = (arrays.flags[span]! & Flag.inFlight) !== 0
  const right = open ? 100 : percentAt(shown.stretch, Math.max(arrays.end[span]!, client >= 0 ? arrays.end[client]! : -Infinity))
  const inside = right - left > 35 && client < 0 && !(open && left > 15)
  const behind = !inside && right <= 62
  const over = inside || (!behind && left < 25)
  toggleClass(parts.note, 'inside', over)
  setStyle(parts.note, 'left', over ? `calc(${percent(left)} + 8px)` : behind ? `calc(${percent(right)} + 8px)` : 'auto')
  setStyle(parts.note, 'right', over || behind ? 'auto' : `calc(${percent(100 - left)} + 8px)`)
}

function noteText({ trace, words, linksOf }: ShownTrace, span: number, client: number, waits: boolean): string {
  const { arrays, summary } = trace
  const whole = trace.to - trace.from
  if (arrays.flags[span]! & Flag.inFlight) return words.inFlight
  const links = linksOf(span)
  if (links > 0) return words.parents(links + 1)
  const onPath = arrays.pathTime[span]!
  if (summary.answer > 0 && onPath / summary.answer >= TELL_SHARE) return words.share(spokenShare(onPath / summary.answer))
  const answered = summary.root < 0 ? Infinity : arrays.end[summary.root]!
  if (arrays.edges[span] === Edge.message && arrays.start[span]! >= answered) return words.late
  if (client >= 0) {
    const way = arrays.start[span]! - arrays.start[client]! + (arrays.end[client]! - arrays.end[span]!)
    if (way >= whole * TELL_GAP) return words.network(spokenTime(way))
  }
  return waits ? words.gap(spokenTime(arrays.gapTo[span]! - arrays.gapFrom[span]!)) : ''
}

function spokenTime(ms: number): string {
  const { text, unit } = duration(ms)
  return `${text} ${unit}`
}

const spokenShare = (share: number): string => `${Math.round(share * 100)} %`
