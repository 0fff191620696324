import { Flag, type TraceColumns } from './columns'
import { Edge } from './edges'
import { type Meter, newMeter } from './meter'
import type { Parents } from './parents'

/** A process whose clock was found to differ. */
export interface SkewedClock {
  service: number
  instance: number
  /** Milliseconds added to its times. */
  shift: number
}

/** Start times on the clock of the root's process. */
export interface Skew {
  start: Float64Array
  clocks: SkewedClock[]
}

/** What calls between two clocks say about `shift of the callee's - shift of the caller's`. */
interface Bounds {
  low: number
  high: number
}

/** Differences up to this are rounding of agents that count whole milliseconds. */
const ROUNDING = 1

/**
 * Clock skew as Dapper bounds it: what a server does lies between the client's send and receive, and a
 * consumer does not start before its producer. Bounds of all calls between two processes are joined; a clock
 * is shifted only when no shift is contradicted by them, and then to the middle of what they leave, as Zipkin
 * does. A server that worked longer than its client waited gives no upper bound.
 */
export function correctSkew(columns: TraceColumns, parents: Parents, edges: Uint8Array, meter: Meter = newMeter()): Skew {
  const clockOf = clocksOfSegments(columns)
  const graph = gatherBounds(columns, parents, edges, clockOf.ofSegment, meter)
  const shift = spread(graph, clockOf.names.length, rootClocks(columns, parents, clockOf.ofSegment), meter)
  const clocks: SkewedClock[] = []
  clockOf.names.forEach((name, clock) => {
    if (shift[clock] !== 0) clocks.push({ ...name, shift: shift[clock]! })
  })
  if (clocks.length === 0) return { start: columns.start, clocks }
  const start = new Float64Array(columns.count)
  for (let row = 0; row < columns.count; row++) {
    start[row] = columns.start[row]! + shift[clockOf.ofSegment[columns.segment[row]!]!]!
  }
  meter.steps += columns.count
  return { start, clocks }
}

function clocksOfSegments({ header }: TraceColumns): { ofSegment: Int32Array; names: { service: number; instance: number }[] } {
  const { id, service, instance } = header.segments
  const names: { service: number; instance: number }[] = []
  const known = new Map<number, number>()
  const ofSegment = new Int32Array(id.length)
  for (let segment = 0; segment < id.length; segment++) {
    const key = service[segment]! * 0x1000000 + instance[segment]!
    let clock = known.get(key)
    if (clock === undefined) {
      clock = names.length
      known.set(key, clock)
      names.push({ service: service[segment]!, instance: instance[segment]! })
    }
    ofSegment[segment] = clock
  }
  return { ofSegment, names }
}

/** For each clock the bounds to its neighbours, from both ends of every call. */
function gatherBounds(
  columns: TraceColumns,
  parents: Parents,
  edges: Uint8Array,
  clockOf: Int32Array,
  meter: Meter,
): Map<number, Map<number, Bounds>> {
  const graph = new Map<number, Map<number, Bounds>>()
  const note = (caller: number, callee: number, low: number, high: number): void => {
    let calls = graph.get(caller)
    if (calls === undefined) graph.set(caller, (calls = new Map()))
    const bounds = calls.get(callee)
    if (bounds === undefined) calls.set(callee, { low, high })
    else {
      bounds.low = Math.max(bounds.low, low)
      bounds.high = Math.min(bounds.high, high)
    }
  }
  const { start, duration, flags, segment } = columns
  for (let row = 0; row < columns.count; row++) {
    if (edges[row]! < Edge.call) continue
    const parent = parents.parent[row]!
    const caller = clockOf[segment[parent]!]!
    const callee = clockOf[segment[row]!]!
    if (caller === callee) continue
    const low = start[parent]! - start[row]!
    const open = edges[row] === Edge.message || (flags[row]! | flags[parent]!) & Flag.inFlight || duration[row]! > duration[parent]! + ROUNDING
    const high = open ? Infinity : low + Math.max(0, duration[parent]! - duration[row]!)
    note(caller, callee, low, high)
    note(callee, caller, -high, -low)
    meter.steps++
  }
  meter.steps += columns.count
  return graph
}

function rootClocks(columns: TraceColumns, parents: Parents, clockOf: Int32Array): number[] {
  const rows: number[] = []
  for (let row = 0; row < columns.count; row++) if (parents.parent[row]! < 0) rows.push(row)
  rows.sort((a, b) => columns.start[a]! - columns.start[b]!)
  return rows.map((row) => clockOf[columns.segment[row]!]!)
}

/** Breadth first from the clocks of roots; each clock is set once, from the first neighbour that knows its own shift. */
function spread(graph: Map<number, Map<number, Bounds>>, clocks: number, roots: number[], meter: Meter): Float64Array {
  const shift = new Float64Array(clocks)
  const known = new Uint8Array(clocks)
  for (const root of roots) {
    if (known[root]) continue
    known[root] = 1
    const queue = [root]
    for (let at = 0; at < queue.length; at++) {
      const caller = queue[at]!
      for (const [callee, bounds] of graph.get(caller) ?? []) {
        meter.steps++
        if (known[callee]) continue
        known[callee] = 1
        shift[callee] = pick({ low: bounds.low + shift[caller]!, high: bounds.high + shift[caller]! })
        queue.push(callee)
      }
    }
  }
  return shift
}

/** No shift where none is contradicted; else the middle, or the nearest end where only one is known. */
function pick({ low, high }: Bounds): number {
  if (low <= ROUNDING && high >= -ROUNDING) return 0
  if (low > high) return low > 0 ? low : high
  if (high === Infinity) return low
  if (low === -Infinity) return high
  return (low + high) / 2
}
