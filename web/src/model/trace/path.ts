import { Edge } from './edges'
import { type Meter, newMeter } from './meter'
import type { Timing } from './timing'
import type { SpanTree } from './tree'

/** What the answer of a root waited for: stretches that follow each other from its start to its end. */
export interface CriticalPath {
  root: number
  row: Int32Array
  from: Float64Array
  to: Float64Array
  /** Milliseconds of the path within each row. */
  time: Float64Array
}

/** A span whose part of the path is being found, from its end backwards. */
interface Visit {
  row: number
  /** The path before this moment is still to be found. */
  cut: number
  floor: number
  /** Children that may lie on the path, the last to end first. */
  waits: Int32Array
  next: number
  limit: number
}

/**
 * Walks backwards from the root's end: the child that ended last was waited for, before its start the one that
 * ended last before that, and so on down. Messages are not waited for, nor are threads that outlive their
 * parent; of a call that outlives its parent only the part until the parent's end counts. Times that were rounded
 * make calls one after the other overlap by up to `rounding` ms.
 */
export function criticalPath(
  tree: SpanTree,
  edges: Uint8Array,
  timing: Timing,
  begin: { root: number; rounding: number },
  meter: Meter = newMeter(),
): CriticalPath {
  const { root, rounding } = begin
  const rows: number[] = []
  const from: number[] = []
  const to: number[] = []
  const time = new Float64Array(tree.count)
  const section = (row: number, begun: number, ended: number): void => {
    if (ended <= begun) return
    rows.push(row)
    from.push(begun)
    to.push(ended)
    time[row]! += ended - begun
  }
  const stack: Visit[] = root < 0 ? [] : [visit(tree, edges, timing, root, timing.end[root]!, timing.start[root]!, meter)]
  while (stack.length > 0) {
    const at = stack[stack.length - 1]!
    const child = nextWait(at, timing, rounding)
    meter.steps++
    if (child < 0) {
      section(at.row, at.floor, at.cut)
      stack.pop()
      continue
    }
    const ended = Math.min(timing.end[child]!, at.cut)
    section(at.row, ended, at.cut)
    at.cut = Math.max(timing.start[child]!, at.floor)
    stack.push(visit(tree, edges, timing, child, ended, at.cut, meter))
  }
  return {
    root,
    row: Int32Array.from(rows.reverse()),
    from: Float64Array.from(from.reverse()),
    to: Float64Array.from(to.reverse()),
    time,
  }
}

/** The next child that ended before what is already explained, -1 when the rest is the span itself. */
function nextWait(at: Visit, { start, end }: Timing, rounding: number): number {
  while (at.next < at.waits.length) {
    const child = at.waits[at.next++]!
    if (Math.min(end[child]!, at.limit) <= at.cut + rounding && start[child]! < at.cut && end[child]! > at.floor) return child
  }
  return -1
}

function visit(tree: SpanTree, edges: Uint8Array, timing: Timing, row: number, limit: number, floor: number, meter: Meter): Visit {
  const { start, end } = timing
  const children = tree.children.subarray(tree.childFrom[row]!, tree.childFrom[row + 1]!)
  const waits = children.filter(
    (child) => edges[child] !== Edge.message && start[child]! < limit && !(edges[child] === Edge.thread && end[child]! > end[row]!),
  )
  const ended = (child: number): number => Math.min(end[child]!, limit)
  waits.sort((a, b) => ended(b) - ended(a) || start[b]! - start[a]!)
  meter.steps += children.length
  return { row, cut: limit, floor: Math.max(floor, start[row]!), waits, next: 0, limit }
}
