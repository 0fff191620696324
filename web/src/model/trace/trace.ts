import { type Calls, pairCalls } from './calls'
import { readTraceColumns, type TraceColumns } from './columns'
import { classifyEdges } from './edges'
import { type Meter, newMeter } from './meter'
import { type Parents, resolveParents } from './parents'
import { type CriticalPath, criticalPath } from './path'
import { correctSkew, type SkewedClock } from './skew'
import { mainRoot, summarise, type TraceSummary } from './summary'
import { selfTimes, type SelfTimes, timeSpans, type Timing } from './timing'
import { buildTree, type SpanTree } from './tree'

/** One trace with everything that its views share. */
export interface TraceModel {
  columns: TraceColumns
  parents: Parents
  edges: Uint8Array
  tree: SpanTree
  timing: Timing
  times: SelfTimes
  calls: Calls
  path: CriticalPath
  /** Index of the service by row. */
  service: Int32Array
  instance: Int32Array
  clocks: SkewedClock[]
  summary: TraceSummary
}

/** Builds the model from bytes; `skew: false` leaves the clocks as they were sent. Throws `TraceFormatError`. */
export function openTrace(bytes: ArrayBuffer, options: { skew: boolean } = { skew: true }, meter: Meter = newMeter()): TraceModel {
  return modelTrace(readTraceColumns(bytes), options, meter)
}

/** Builds the model from columns that have been checked. */
export function modelTrace(columns: TraceColumns, options: { skew: boolean } = { skew: true }, meter: Meter = newMeter()): TraceModel {
  const parents = resolveParents(columns, meter)
  const edges = classifyEdges(columns, parents)
  const { start, clocks } = options.skew ? correctSkew(columns, parents, edges, meter) : { start: columns.start, clocks: [] }
  const tree = buildTree(parents, start, meter)
  const timing = timeSpans(columns, tree, start, meter)
  const times = selfTimes(tree, edges, timing, meter)
  const path = criticalPath(tree, edges, timing, { root: mainRoot(tree, columns), rounding: isWhole(columns) ? 1 : 0 }, meter)
  const { segments } = columns.header
  const service = columns.segment.map((segment) => segments.service[segment]!)
  const counts = { orphans: parents.orphans, duplicates: parents.duplicates, cycles: parents.cycles }
  return {
    columns,
    parents,
    edges,
    tree,
    timing,
    times,
    calls: pairCalls(columns, tree, edges),
    path,
    service,
    instance: columns.segment.map((segment) => segments.instance[segment]!),
    clocks,
    summary: summarise({ columns, tree, edges, service, timing, self: times.self, path, clocks, counts }),
  }
}

/** Whether all times are whole milliseconds, as most agents send them. */
function isWhole({ start, duration, count }: TraceColumns): boolean {
  for (let row = 0; row < count; row++) if (!Number.isInteger(start[row]) || !Number.isInteger(duration[row])) return false
  return true
}
