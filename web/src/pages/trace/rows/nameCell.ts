import { Edge, Flag, Kind, Mark, Twist } from '@/model'
import type { ShownTrace } from '../shown'
import { element, setAttribute, setClass, setHidden, setStyle, setText, setTitle } from './elements'

/** Levels beyond this are not indented further. */
const DEEPEST = 24
/** Width of a level in px, as the style sheet draws it. */
const LEVEL = 15

/** Elements of the cell that says which span a row shows. */
export interface NameCell {
  pad: number
  cell: HTMLElement
  twist: HTMLElement
  colour: HTMLElement
  failed: HTMLElement
  service: HTMLElement
  operation: HTMLElement
  mark: HTMLElement
}

/** `pad` is the space before the first level in px. */
export function createNameCell(row: HTMLElement, pad = 0): NameCell {
  const cell = element('div', 'tr-name', row)
  cell.setAttribute('role', 'gridcell')
  const twist = element('span', 'tr-twist', cell)
  twist.setAttribute('aria-hidden', 'true')
  const colour = element('i', 'tr-colour', cell)
  const failed = element('i', 'ui-status failing', cell)
  failed.setAttribute('role', 'img')
  const mark = element('span', 'tr-mark', cell)
  const service = element('b', 'tr-service', cell)
  const operation = element('span', 'tr-operation', cell)
  return { pad, cell, twist, colour, failed, service, operation, mark }
}

/** A call to something without spans of its own reads caller → peer. */
export function nameOf({ trace, hasServer }: Pick<ShownTrace, 'trace' | 'hasServer'>, row: number): { service: string; peer: string; operation: string } {
  const { arrays, header } = trace
  const service = header.services[arrays.service[row]!] ?? ''
  const calls = arrays.kind[row] === Kind.exit || arrays.kind[row] === Kind.producer
  const peer = calls && arrays.peer[row]! >= 0 && !hasServer(row) ? (header.peers[arrays.peer[row]!] ?? '') : ''
  return { service, peer, operation: header.operations[arrays.operation[row]!] ?? '' }
}

/** A peer as a row has room for: without its port, cut in the middle when it is long. */
export function shortPeer(peer: string): string {
  const host = peer.replace(/:\d{1,5}$/, '')
  return host.length <= 26 ? host : `${host.slice(0, 15)}…${host.slice(-10)}`
}

/** Fills the cell for a span at a depth; `twist` as in the visible rows. */
export function fillNameCell(parts: NameCell, shown: ShownTrace, row: number, at: { depth: number; twist: number; hidden: number; client: number }): void {
  const { trace, words } = shown
  const { arrays } = trace
  const { service, peer, operation } = nameOf(shown, row)
  const indent = Math.min(at.depth, DEEPEST) * LEVEL
  // At most half of the column, so that a name is left to read however deep it stands.
  setStyle(parts.cell, 'paddingLeft', `min(${parts.pad + indent}px, calc(var(--name) * 0.5))`)
  setStyle(parts.cell, 'backgroundSize', `min(${indent}px, 50%) 100%`)
  setText(parts.twist, at.twist === Twist.leaf ? '' : at.twist === Twist.closed ? '▸' : '▾')
  setStyle(parts.colour, 'background', shown.colours[arrays.service[row]!] ?? '')
  const failed = ((arrays.flags[row]! | (at.client >= 0 ? arrays.flags[at.client]! : 0)) & Flag.error) !== 0
  setHidden(parts.failed, !failed)
  if (failed) setAttribute(parts.failed, 'aria-label', words.failed)
  setText(parts.service, peer === '' ? service : `${service} → ${shortPeer(peer)}`)
  // A call by what it asked; how it was made is in the title and in the panel.
  const statement = shown.statementOf(row)
  setText(parts.operation, statement || operation)
  const mark = markOf(shown, row, at.hidden)
  setHidden(parts.mark, mark === '')
  setText(parts.mark, mark)
  setClass(parts.mark, arrays.marks[row]! & (Mark.orphan | Mark.cycle) ? 'tr-mark warn' : 'tr-mark')
  setTitle(parts.cell, `${peer === '' ? service : `${service} → ${peer}`}\n${operation}${statement === '' ? '' : `\n${statement}`}${at.depth > DEEPEST ? `\n${words.depth(at.depth)}` : ''}`)
}

function markOf({ trace, words }: ShownTrace, row: number, hidden: number): string {
  const { arrays } = trace
  if (arrays.marks[row]! & Mark.orphan) return words.orphan
  if (arrays.marks[row]! & Mark.cycle) return words.cycle
  if (hidden > 0) return `+${hidden}`
  if (arrays.edges[row] === Edge.thread) return words.thread
  return ''
}
