import { Flag, Kind, type TraceColumns } from './columns'
import type { Parents } from './parents'

/** How a span came to be called by its parent. */
export const Edge = {
  root: 0,
  /** Within one thread of one process. */
  local: 1,
  /** Another thread of the same process; the parent may or may not wait. */
  thread: 2,
  /** Another process; the parent waits for the answer. */
  call: 3,
  /** Through a message; nobody waits. */
  message: 4,
} as const

/** Edge of every row to its parent. Messages are told by kind, or by layer MQ as agents without producer and consumer kinds send it. */
export function classifyEdges(columns: TraceColumns, parents: Parents): Uint8Array {
  const { segment, kind, layer, flags } = columns
  const queue = columns.header.layers.indexOf('MQ')
  const edges = new Uint8Array(columns.count)
  for (let row = 0; row < columns.count; row++) {
    const parent = parents.parent[row]!
    if (parent < 0) continue
    if (segment[row] === segment[parent]) edges[row] = Edge.local
    else if (isThread(columns, row, parent)) edges[row] = Edge.thread
    else if (kind[row] === Kind.consumer || kind[parent] === Kind.producer) edges[row] = Edge.message
    else if (queue >= 0 && layer[row] === queue && !(flags[row]! & Flag.thread)) edges[row] = Edge.message
    else edges[row] = Edge.call
  }
  return edges
}

function isThread({ flags, segment, header }: TraceColumns, row: number, parent: number): boolean {
  if (flags[row]! & Flag.thread) return true
  if (flags[row]! & Flag.process) return false
  const { service, instance } = header.segments
  const a = segment[row]!
  const b = segment[parent]!
  return service[a] === service[b] && instance[a] === instance[b]
}
