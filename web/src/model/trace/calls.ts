import { Kind, type TraceColumns } from './columns'
import { Edge } from './edges'
import type { Timing } from './timing'
import type { SpanTree } from './tree'

/** Client and server sides of calls that were answered by exactly one server span. */
export interface Calls {
  /** Row of the server side by row of the client side, else -1. */
  server: Int32Array
  /** Row of the client side by row of the server side, else -1. */
  client: Int32Array
}

export function pairCalls(columns: TraceColumns, tree: SpanTree, edges: Uint8Array): Calls {
  const server = new Int32Array(columns.count).fill(-1)
  const client = new Int32Array(columns.count).fill(-1)
  for (const row of tree.order) {
    if (columns.kind[row] === Kind.entry || client[row]! >= 0) continue
    let answer = -1
    let answers = 0
    for (let i = tree.childFrom[row]!; i < tree.childFrom[row + 1]!; i++) {
      if (edges[tree.children[i]!] !== Edge.call) continue
      answer = tree.children[i]!
      answers++
    }
    if (answers !== 1) continue
    server[row] = answer
    client[answer] = row
  }
  return { server, client }
}

/** Time on the way to the server and back, in ms; never below 0. */
export function networkGap({ start, end }: Timing, client: number, server: number): { out: number; back: number } {
  return {
    out: Math.max(0, start[server]! - start[client]!),
    back: Math.max(0, end[client]! - end[server]!),
  }
}
