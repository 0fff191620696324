import { Flag, type TraceColumns } from './columns'
import { Edge } from './edges'
import { type Meter, newMeter } from './meter'
import type { SpanTree } from './tree'

/** When every span ran, in ms after the header's base, and the extent of the whole trace. */
export interface Timing {
  start: Float64Array
  /** Ends of spans; a span in flight ends where its last descendant does. */
  end: Float64Array
  from: number
  to: number
}

export function timeSpans(columns: TraceColumns, tree: SpanTree, start: Float64Array, meter: Meter = newMeter()): Timing {
  const end = new Float64Array(columns.count).fill(-Infinity)
  let from = Infinity
  let to = -Infinity
  for (let at = tree.order.length - 1; at >= 0; at--) {
    const row = tree.order[at]!
    const own = start[row]! + columns.duration[row]!
    end[row] = columns.flags[row]! & Flag.inFlight ? Math.max(own, end[row]!) : own
    const parent = tree.parent[row]!
    if (parent >= 0 && columns.flags[parent]! & Flag.inFlight) end[parent] = Math.max(end[parent]!, end[row]!)
    from = Math.min(from, start[row]!)
    to = Math.max(to, end[row]!)
  }
  meter.steps += tree.order.length
  return from <= to ? { start, end, from, to } : { start, end, from: 0, to: 0 }
}

/** What every span did itself, and where it waited longest. */
export interface SelfTimes {
  /** Milliseconds in which no child that it waits for was running. */
  self: Float64Array
  /** Longest stretch of self time of a span with children; from = to where there is none. */
  gapFrom: Float64Array
  gapTo: Float64Array
}

/** Self time is the span without the union of its children; consumers of its messages do not count. */
export function selfTimes(tree: SpanTree, edges: Uint8Array, timing: Timing, meter: Meter = newMeter()): SelfTimes {
  const { start, end } = timing
  const self = new Float64Array(tree.count)
  const gapFrom = new Float64Array(tree.count)
  const gapTo = new Float64Array(tree.count)
  for (const row of tree.order) {
    let free = start[row]! // everything before is covered or counted
    let own = 0
    let calls = 0
    const uncovered = (from: number, to: number): void => {
      own += to - from
      if (to - from > gapTo[row]! - gapFrom[row]!) {
        gapFrom[row] = from
        gapTo[row] = to
      }
    }
    for (let i = tree.childFrom[row]!; i < tree.childFrom[row + 1]!; i++) {
      const child = tree.children[i]!
      meter.steps++
      if (edges[child] === Edge.message) continue
      calls++
      const from = Math.min(start[child]!, end[row]!)
      if (from > free) uncovered(free, from)
      free = Math.max(free, Math.min(end[child]!, end[row]!))
    }
    if (end[row]! > free) uncovered(free, end[row]!)
    if (calls === 0) gapTo[row] = gapFrom[row]!
    self[row] = own
    meter.steps++
  }
  return { self, gapFrom, gapTo }
}

/** Stretches of time. */
export interface Stretches {
  from: Float64Array
  to: Float64Array
}

/** Stretches of the trace in which no span was running, at least `least` ms long, in order of time. */
export function idleStretches(tree: SpanTree, timing: Timing, least: number): Stretches {
  const rows = tree.order.slice().sort((a, b) => timing.start[a]! - timing.start[b]!)
  const from: number[] = []
  const to: number[] = []
  let reached = timing.from
  for (const row of rows) {
    if (timing.start[row]! - reached >= least && timing.start[row]! > reached) {
      from.push(reached)
      to.push(timing.start[row]!)
    }
    reached = Math.max(reached, timing.end[row]!)
  }
  return { from: Float64Array.from(from), to: Float64Array.from(to) }
}
