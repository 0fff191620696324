import type { CriticalPath, FlameTree, Group, Raster, SkewedClock, Stretches, TraceHeader, TraceSummary, VisibleRows } from '@/model'

/** What the page draws rows from: per span, in the order of the trace's rows. */
export interface SpanArrays {
  start: Float64Array
  end: Float64Array
  duration: Float64Array
  self: Float64Array
  gapFrom: Float64Array
  gapTo: Float64Array
  pathTime: Float64Array
  parent: Int32Array
  segment: Int32Array
  number: Int32Array
  operation: Int32Array
  peer: Int32Array
  service: Int32Array
  client: Int32Array
  server: Int32Array
  component: Int16Array
  flags: Uint16Array
  kind: Uint8Array
  edges: Uint8Array
  marks: Uint8Array
}

/** The critical path by row: stretches of row r are `first[r] .. first[r + 1] - 1`. */
export interface PathByRow {
  first: Int32Array
  from: Float64Array
  to: Float64Array
}

/** A trace as the page gets it from the worker, once for each setting of the clocks. */
export interface OpenedTrace {
  header: TraceHeader
  summary: TraceSummary
  clocks: SkewedClock[]
  arrays: SpanArrays
  path: PathByRow
  order: CriticalPath['row']
  idle: Stretches
  from: number
  to: number
}

/** How the tree is opened and closed. */
export type ShapeChange =
  | { change: 'none' }
  | { change: 'toggle'; row: number }
  | { change: 'split'; row: number }
  | { change: 'merge'; on: boolean }
  | { change: 'level'; levels: number }
  | { change: 'fold'; service: number | 'all'; on: boolean }
  | { change: 'reveal'; row: number }

export type GroupBy = 'service' | 'operation' | 'kind' | 'instance' | 'peer' | 'layer' | 'component' | `tag:${string}`
export type ListOrder = 'start' | 'duration' | 'self' | 'path'

export interface Requests {
  open: { ask: { bytes: ArrayBuffer; skew: boolean }; answer: OpenedTrace }
  skew: { ask: { skew: boolean }; answer: OpenedTrace }
  rows: { ask: { changes: ShapeChange[] }; answer: { rows: VisibleRows; raster: Raster; revealed: number } }
  find: { ask: { query: string }; answer: { rows: Int32Array } }
  list: { ask: { query: string; order: ListOrder; reverse: boolean }; answer: { rows: Int32Array } }
  groups: { ask: { by: GroupBy; query: string }; answer: { groups: Group[]; names: string[] } }
  flame: { ask: object; answer: FlameTree }
  /** One tag of all spans: index into `values` by row, -1 for spans without it. */
  tag: { ask: { key: string }; answer: { of: Int32Array; values: string[] } }
  tags: { ask: { bytes: ArrayBuffer }; answer: { keys: { key: string; spans: number }[] } }
}

export type RequestName = keyof Requests

export interface Request<N extends RequestName = RequestName> {
  id: number
  name: N
  ask: Requests[N]['ask']
}

export type Reply = { id: number; answer: unknown } | { id: number; failure: string }
