import type { GraphNode, Point } from './graph'

/** Centres of the nodes, and the points between its ends that a longer edge passes, by id. */
export interface Layout {
  at: Map<string, Point>
  routes: Map<string, Point[]>
}

/** Nodes of one group stand together where the graph is small enough. */
export interface LaidNode extends GraphNode {
  group?: string
}

/** Room of one node with its two lines of text, centred below its circle; texts may reach into the room between columns. */
export const BOX = { width: 128, height: 86, below: 12, text: 162 } as const
/** From one layer to the next, and from one node to that below. */
export const COLUMN = 206
export const ROW = 98
