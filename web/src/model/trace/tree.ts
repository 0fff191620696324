import { type Meter, newMeter } from './meter'
import { Mark, type Parents } from './parents'

/** Spans as a forest in index arrays; children and roots stand in order of their start. */
export interface SpanTree {
  count: number
  parent: Int32Array
  /** Children of row r are `children[childFrom[r]] .. children[childFrom[r + 1] - 1]`. */
  childFrom: Int32Array
  children: Int32Array
  roots: Int32Array
  /** Rows, callers before callees, each followed by all its descendants; without duplicates. */
  order: Int32Array
  /** Position of a row in `order`, -1 for duplicates. */
  place: Int32Array
  /** Position after the last descendant of a row. */
  until: Int32Array
  /** 0 for roots. */
  depth: Int32Array
}

/** Builds the forest in O(spans), plus a sort of those lists of children that are out of order. */
export function buildTree(parents: Parents, start: Float64Array, meter: Meter = newMeter()): SpanTree {
  const { parent, marks } = parents
  const count = parent.length
  const childFrom = new Int32Array(count + 2) // shifted by one while filling
  let rootCount = 0
  for (let row = 0; row < count; row++) {
    if (parent[row]! >= 0) childFrom[parent[row]! + 2]!++
    else if (!(marks[row]! & Mark.duplicate)) rootCount++
  }
  for (let row = 0; row < count; row++) childFrom[row + 2]! += childFrom[row + 1]!
  const children = new Int32Array(childFrom[count + 1]!)
  const roots = new Int32Array(rootCount)
  let root = 0
  for (let row = 0; row < count; row++) {
    if (parent[row]! >= 0) children[childFrom[parent[row]! + 1]!++] = row
    else if (!(marks[row]! & Mark.duplicate)) roots[root++] = row
  }
  const offsets = childFrom.subarray(0, count + 1)
  for (let row = 0; row < count; row++) sortByStart(children.subarray(offsets[row]!, offsets[row + 1]!), start)
  sortByStart(roots, start)
  meter.steps += 5 * count
  return walk({ count, parent, childFrom: offsets, children, roots }, meter)
}

function sortByStart(rows: Int32Array, start: Float64Array): void {
  for (let i = 1; i < rows.length; i++) {
    if (start[rows[i]!]! < start[rows[i - 1]!]!) {
      rows.sort((a, b) => start[a]! - start[b]! || a - b)
      return
    }
  }
}

function walk(forest: Pick<SpanTree, 'count' | 'parent' | 'childFrom' | 'children' | 'roots'>, meter: Meter): SpanTree {
  const { count, parent, childFrom, children, roots } = forest
  const order = new Int32Array(roots.length + children.length)
  const place = new Int32Array(count).fill(-1)
  const depth = new Int32Array(count)
  const stack = new Int32Array(order.length)
  let top = 0
  for (let i = roots.length - 1; i >= 0; i--) stack[top++] = roots[i]!
  let at = 0
  while (top > 0) {
    const row = stack[--top]!
    depth[row] = parent[row]! < 0 ? 0 : depth[parent[row]!]! + 1
    place[row] = at
    order[at++] = row
    for (let i = childFrom[row + 1]! - 1; i >= childFrom[row]!; i--) stack[top++] = children[i]!
    meter.steps++
  }
  const until = new Int32Array(count)
  for (let i = at - 1; i >= 0; i--) {
    const row = order[i]!
    until[row] = Math.max(until[row]!, i + 1)
    if (parent[row]! >= 0) until[parent[row]!] = Math.max(until[parent[row]!]!, until[row]!)
    meter.steps++
  }
  return { ...forest, order, place, until, depth }
}

/** Number of descendants of a row. */
export const descendants = (tree: SpanTree, row: number): number => tree.until[row]! - tree.place[row]! - 1

/** Greatest depth plus one; 0 without spans. */
export function treeDepth(tree: SpanTree): number {
  let depth = 0
  for (const row of tree.order) depth = Math.max(depth, tree.depth[row]! + 1)
  return depth
}
