import type { FlameTree } from '@/model'

/** Frames of each depth from left to right. */
export interface FramesByDepth {
  at(depth: number): Int32Array
  /** Frame of a depth that lies over a moment, -1 for none. */
  find(depth: number, at: number): number
}

export function framesByDepth(tree: FlameTree): FramesByDepth {
  const first = new Int32Array(tree.depths + 1)
  for (const depth of tree.depth) first[depth + 1]!++
  for (let depth = 0; depth < tree.depths; depth++) first[depth + 1]! += first[depth]!
  const next = first.slice()
  const frames = new Int32Array(tree.depth.length)
  tree.depth.forEach((depth, frame) => (frames[next[depth]!++] = frame))
  for (let depth = 0; depth < tree.depths; depth++) frames.subarray(first[depth]!, first[depth + 1]!).sort((a, b) => tree.from[a]! - tree.from[b]! || tree.total[a]! - tree.total[b]!)
  const at = (depth: number): Int32Array => frames.subarray(first[depth] ?? 0, first[depth + 1] ?? 0)
  return {
    at,
    find(depth, moment) {
      const list = at(depth)
      let low = 0
      let high = list.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (tree.from[list[middle]!]! <= moment) low = middle + 1
        else high = middle
      }
      const frame = low > 0 ? list[low - 1]! : -1
      return frame >= 0 && tree.from[frame]! + tree.total[frame]! >= moment ? frame : -1
    },
  }
}
