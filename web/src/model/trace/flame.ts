import type { TraceColumns } from './columns'
import { type Meter, newMeter } from './meter'
import type { SpanTree } from './tree'

/** Spans with the same way from the root by service and operation, as one frame each; callers before callees. */
export interface FlameTree {
  /** Index of the calling frame, -1 for roots. */
  parent: Int32Array
  depth: Int32Array
  service: Int32Array
  operation: Int32Array
  spans: Int32Array
  /** Milliseconds of self time, without and with the frames above it. */
  self: Float64Array
  total: Float64Array
  /** Where the frame begins in ms of self time, siblings with most time first. */
  from: Float64Array
  /** Sum over the roots. */
  all: number
  depths: number
}

/** Folds the tree into frames in O(spans). */
export function flameTree(columns: TraceColumns, tree: SpanTree, service: Int32Array, selfOf: Float64Array, meter: Meter = newMeter()): FlameTree {
  const frames = foldFrames(columns, tree, service, selfOf, meter)
  const count = frames.parent.length
  const total = Float64Array.from(frames.self)
  let all = 0
  let depths = 0
  for (let frame = count - 1; frame >= 0; frame--) {
    const parent = frames.parent[frame]!
    if (parent >= 0) total[parent]! += total[frame]!
    else all += total[frame]!
    depths = Math.max(depths, frames.depth[frame]! + 1)
    meter.steps++
  }
  return {
    parent: Int32Array.from(frames.parent),
    depth: Int32Array.from(frames.depth),
    service: Int32Array.from(frames.service),
    operation: Int32Array.from(frames.operation),
    spans: Int32Array.from(frames.spans),
    self: Float64Array.from(frames.self),
    total,
    from: placeFrames(frames.parent, total, meter),
    all,
    depths,
  }
}

interface Frames {
  parent: number[]
  depth: number[]
  service: number[]
  operation: number[]
  spans: number[]
  self: number[]
}

function foldFrames(columns: TraceColumns, tree: SpanTree, service: Int32Array, selfOf: Float64Array, meter: Meter): Frames {
  const operations = columns.header.operations.length
  const names = Math.max(1, columns.header.services.length) * Math.max(1, operations)
  const known = new Map<number, number>()
  const frameOf = new Int32Array(tree.count)
  const frames: Frames = { parent: [], depth: [], service: [], operation: [], spans: [], self: [] }
  for (const row of tree.order) {
    meter.steps++
    const above = tree.parent[row]!
    const parent = above < 0 ? -1 : frameOf[above]!
    const key = (parent + 1) * names + service[row]! * operations + columns.operation[row]!
    let frame = known.get(key)
    if (frame === undefined) {
      frame = frames.parent.length
      known.set(key, frame)
      frames.parent.push(parent)
      frames.depth.push(parent < 0 ? 0 : frames.depth[parent]! + 1)
      frames.service.push(service[row]!)
      frames.operation.push(columns.operation[row]!)
      frames.spans.push(0)
      frames.self.push(0)
    }
    frameOf[row] = frame
    frames.spans[frame]!++
    frames.self[frame]! += selfOf[row]!
  }
  return frames
}

function placeFrames(parent: number[], total: Float64Array, meter: Meter): Float64Array {
  const from = new Float64Array(parent.length)
  const used = new Float64Array(parent.length + 1) // time given to children of frame - 1
  const order = Int32Array.from(parent, (_, frame) => frame).sort((a, b) => parent[a]! - parent[b]! || total[b]! - total[a]! || a - b)
  for (const frame of order) {
    const above = parent[frame]!
    from[frame] = (above < 0 ? 0 : from[above]!) + used[above + 1]!
    used[above + 1]! += total[frame]!
    meter.steps++
  }
  return from
}
