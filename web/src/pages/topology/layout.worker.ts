import type { Graph, LaidNode, Layout } from '@/model'
// Not by way of the index: whoever imports that would bring the layout library along.
import { arrange } from '@/model/topology/arrange'

export interface LayoutQuestion {
  id: number
  graph: Graph<LaidNode>
  before: Layout | null
}
export interface LayoutAnswer {
  id: number
  layout: Layout
}

self.onmessage = ({ data }: MessageEvent<LayoutQuestion>) => {
  const answer: LayoutAnswer = { id: data.id, layout: arrange(data.graph, data.before) }
  ;(self as unknown as Worker).postMessage(answer)
}
