import { Flag, Kind, type TraceColumns } from './columns'
import { Edge } from './edges'
import type { CriticalPath } from './path'
import type { SkewedClock } from './skew'
import type { Timing } from './timing'
import type { SpanTree } from './tree'

/** What a share of the trace is put down to: a service, or a peer without spans of its own. */
export interface Blame {
  name: string
  /** Index of the service; of a peer the service that called it. */
  service: number
  peer: boolean
  /** Milliseconds, and their share 0..1. */
  time: number
  share: number
}

/** The head line of a trace. */
export interface TraceSummary {
  /** Row that the trace began with, -1 in an empty trace. */
  root: number
  /** Milliseconds until the answer, and until the last span ended. */
  answer: number
  total: number
  spans: number
  services: number
  errors: number
  inFlight: number
  orphans: number
  duplicates: number
  cycles: number
  depth: number
  /** Spans that began after the answer. */
  late: number
  /** Most first. */
  critical: Blame[]
  work: Blame[]
  clocks: SkewedClock[]
}

/** The root that answers: the first that is not an orphan, else the first. */
export function mainRoot(tree: SpanTree, columns: TraceColumns): number {
  for (const row of tree.roots) if (!(columns.flags[row]! & Flag.orphan)) return row
  return tree.roots.length > 0 ? tree.roots[0]! : -1
}

/** Sums milliseconds by row up by service; a client span without a server side counts for its peer. */
export function blame(columns: TraceColumns, tree: SpanTree, edges: Uint8Array, service: Int32Array, time: Float64Array): Blame[] {
  const found = new Map<string, Blame>()
  let all = 0
  for (const row of tree.order) {
    const ms = time[row]!
    if (ms <= 0) continue
    all += ms
    const peer = columns.peer[row]! >= 0 && isLastKnown(columns, tree, edges, row)
    const name = peer ? columns.header.peers[columns.peer[row]!]! : columns.header.services[service[row]!]!
    const key = `${peer ? 'p' : 's'} ${name}`
    let entry = found.get(key)
    if (entry === undefined) found.set(key, (entry = { name, service: service[row]!, peer, time: 0, share: 0 }))
    entry.time += ms
  }
  const entries = [...found.values()].sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1))
  for (const entry of entries) entry.share = entry.time / all
  return entries
}

/** Whether a span calls something that sent no spans. */
export function isLastKnown(columns: TraceColumns, tree: SpanTree, edges: Uint8Array, row: number): boolean {
  if (columns.kind[row] !== Kind.exit && columns.kind[row] !== Kind.producer) return false
  for (let i = tree.childFrom[row]!; i < tree.childFrom[row + 1]!; i++) if (edges[tree.children[i]!]! >= Edge.call) return false
  return true
}

/** What `summarise` draws together. */
export interface Summarised {
  columns: TraceColumns
  tree: SpanTree
  edges: Uint8Array
  service: Int32Array
  timing: Timing
  self: Float64Array
  path: CriticalPath
  clocks: SkewedClock[]
  counts: { orphans: number; duplicates: number; cycles: number }
}

export function summarise(trace: Summarised): TraceSummary {
  const { columns, tree, edges, service, timing, path } = trace
  const answered = path.root < 0 ? 0 : timing.end[path.root]!
  const used = new Set<number>()
  let errors = 0
  let inFlight = 0
  let late = 0
  let depth = 0
  for (const row of tree.order) {
    if (columns.flags[row]! & Flag.error) errors++
    if (columns.flags[row]! & Flag.inFlight) inFlight++
    if (timing.start[row]! >= answered && row !== path.root) late++
    depth = Math.max(depth, tree.depth[row]! + 1)
    used.add(service[row]!)
  }
  return {
    root: path.root,
    answer: path.root < 0 ? 0 : answered - timing.start[path.root]!,
    total: timing.to - timing.from,
    spans: tree.order.length,
    services: used.size,
    errors,
    inFlight,
    ...trace.counts,
    depth,
    late,
    critical: blame(columns, tree, edges, service, path.time),
    work: blame(columns, tree, edges, service, trace.self),
    clocks: trace.clocks,
  }
}
