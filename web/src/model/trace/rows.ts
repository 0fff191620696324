import type { Calls } from './calls'
import { type Meter, newMeter } from './meter'
import type { SpanTree } from './tree'

/** What of the tree is open; changed in place by the functions below. */
export interface Shape {
  /** 1 for rows whose descendants are not shown; a call that shares a row is known by its server side. */
  collapsed: Uint8Array
  /** 1 for client rows whose server side is shown in a row of its own. */
  split: Uint8Array
  /** Whether both sides of a call share a row. */
  merge: boolean
  /** 1 for services of which only the first of spans that call each other is shown. */
  folded: Uint8Array
}

export const Twist = { leaf: 0, open: 1, closed: 2 } as const

/** The rows of a waterfall or tree table from top to bottom. */
export interface VisibleRows {
  row: Int32Array
  /** Client side that shares the row, else -1. */
  client: Int32Array
  depth: Int32Array
  twist: Uint8Array
  /** Spans that are not shown because of this row. */
  hidden: Int32Array
}

/** What the shape is applied to. */
export interface Shaped {
  tree: SpanTree
  calls: Calls
  /** Service by row. */
  service: Int32Array
}

export const newShape = (spans: number, services: number): Shape => ({
  collapsed: new Uint8Array(spans),
  split: new Uint8Array(spans),
  merge: true,
  folded: new Uint8Array(services),
})

/** The row that stands for a span: the server side where both sides of a call share one. */
export function itemOf({ calls }: Pick<Shaped, 'calls'>, shape: Shape, row: number): number {
  const server = calls.server[row]!
  return server >= 0 && shape.merge && !shape.split[row] ? server : row
}

/** One pass over what is not collapsed. */
export function visibleRows(trace: Shaped, shape: Shape, meter: Meter = newMeter()): VisibleRows {
  const { tree, calls, service } = trace
  const { order, parent, until } = tree
  const depths = new Int32Array(tree.count)
  const shownAt = new Int32Array(tree.count)
  const out = { row: new Int32Array(order.length), client: new Int32Array(order.length), depth: new Int32Array(order.length), twist: new Uint8Array(order.length), hidden: new Int32Array(order.length) }
  let shown = 0
  for (let at = 0; at < order.length; ) {
    const row = order[at]!
    const above = parent[row]!
    meter.steps++
    if (calls.client[row]! >= 0 && itemOf(trace, shape, calls.client[row]!) === row) {
      depths[row] = depths[above]!
      shownAt[row] = shownAt[above]!
      at++
      continue
    }
    const item = itemOf(trace, shape, row)
    if (above >= 0 && service[item] === service[above] && shape.folded[service[item]!]) {
      depths[row] = depths[above]!
      shownAt[row] = shownAt[above]!
      out.hidden[shownAt[row]!]!++
      at++
      continue
    }
    depths[row] = above < 0 ? 0 : depths[above]! + 1
    shownAt[row] = shown
    const below = until[row]! - at - (item === row ? 1 : 2)
    const closed = below > 0 && shape.collapsed[item] === 1
    out.row[shown] = item
    out.client[shown] = item === row ? -1 : row
    out.depth[shown] = depths[row]!
    out.twist[shown] = below === 0 ? Twist.leaf : closed ? Twist.closed : Twist.open
    if (closed) out.hidden[shown] = below
    shown++
    at = closed ? until[row]! : at + 1
  }
  return {
    row: out.row.slice(0, shown),
    client: out.client.slice(0, shown),
    depth: out.depth.slice(0, shown),
    twist: out.twist.slice(0, shown),
    hidden: out.hidden.slice(0, shown),
  }
}

/** Collapses so that `levels` levels are shown; Infinity opens everything. */
export function collapseToLevel(trace: Shaped, shape: Shape, levels: number): void {
  shape.collapsed.fill(0)
  if (levels === Infinity) return
  const all = visibleRows(trace, shape)
  for (let i = 0; i < all.row.length; i++) if (all.depth[i]! >= levels - 1) shape.collapsed[all.row[i]!] = 1
}

/** Opens whatever hides a row and returns the row that stands for it. */
export function reveal(trace: Shaped, shape: Shape, row: number): number {
  const { tree, calls, service } = trace
  for (let above = tree.parent[row]!; above >= 0; above = tree.parent[above]!) {
    const hides = itemOf(trace, shape, above)
    if (hides !== row) shape.collapsed[hides] = 0
  }
  const item = itemOf(trace, shape, row)
  // The server side that shares a row with its client stands beside it, not below it.
  if (calls.client[row]! >= 0 && itemOf(trace, shape, calls.client[row]!) === row) return row
  const above = tree.parent[row]!
  if (above >= 0 && service[item] === service[above]) shape.folded[service[item]!] = 0
  return item
}
