import { graphlib, layout as runDagre } from '@dagrejs/dagre'
import type { Graph, Point } from './graph'
import { layoutLayers } from './layers'
import { BOX, COLUMN, ROW, type LaidNode, type Layout } from './room'

/** What dagre does in well under a second. */
const NODES = 120
const EDGES = 300

/** Positions from nothing but the graph: equal graphs, in whatever order, are laid out equally. Calls go from left to right. */
export function layoutGraph(graph: Graph<LaidNode>): Layout {
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  const nodes = graph.nodes.toSorted(byId)
  const known = new Set(nodes.map((node) => node.id))
  const edges = graph.edges.filter((edge) => edge.source !== edge.target && known.has(edge.source) && known.has(edge.target)).sort(byId)
  const linked = new Set(edges.flatMap((edge) => [edge.source, edge.target]))
  const net = { nodes: nodes.filter((node) => linked.has(node.id)), edges }
  const layout = net.nodes.length <= NODES && edges.length <= EDGES ? withDagre(net) : { at: layoutLayers(net, COLUMN, ROW), routes: new Map<string, Point[]>() }
  placeLoose(nodes.filter((node) => !linked.has(node.id)).map((node) => node.id), layout.at)
  return layout
}

function withDagre({ nodes, edges }: Graph<LaidNode>): Layout {
  const groups = groupsToKeep(nodes)
  const graph = new graphlib.Graph({ directed: true, multigraph: true, compound: groups.size > 0 })
  graph.setGraph({ rankdir: 'LR', nodesep: ROW - BOX.height, edgesep: 18, ranksep: COLUMN - BOX.width })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of nodes) graph.setNode(id, { width: BOX.width, height: BOX.height })
  for (const group of groups) graph.setNode(`group:${group}`, {})
  for (const { id, group } of nodes) if (group !== undefined && groups.has(group)) graph.setParent(id, `group:${group}`)
  for (const { id, source, target } of edges) graph.setEdge(source, target, {}, id)
  runDagre(graph)
  const at = new Map(nodes.map(({ id }) => {
    const { x, y } = graph.node(id) as unknown as Point
    return [id, { x, y: y - BOX.below }] as const
  }))
  const routes = new Map<string, Point[]>()
  for (const { id, source, target } of edges) {
    const points = (graph.edge({ v: source, w: target, name: id }) as unknown as { points: Point[] }).points
    // Every second point within stands in the column of a layer, where the edge has to pass between nodes; the rest is half way.
    const route = points.slice(1, -1).filter((_, i) => i % 2 === 1).map(({ x, y }) => ({ x, y: y - BOX.below }))
    if (route.length > 0) routes.set(id, route)
  }
  return { at, routes }
}

/** Groups of several nodes, unless all nodes are of one. */
function groupsToKeep(nodes: readonly LaidNode[]): Set<string> {
  const sizes = new Map<string, number>()
  for (const { group } of nodes) if (group) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  return new Set([...sizes].filter(([, size]) => size > 1 && size < nodes.length).map(([group]) => group))
}

/** Nodes without a call stand in rows below the rest. */
function placeLoose(ids: readonly string[], at: Map<string, Point>): void {
  if (ids.length === 0) return
  const points = [...at.values()]
  const left = points.length === 0 ? 0 : Math.min(...points.map((point) => point.x))
  const right = points.length === 0 ? 0 : Math.max(...points.map((point) => point.x))
  const bottom = points.length === 0 ? -ROW : Math.max(...points.map((point) => point.y))
  const wide = Math.max(Math.ceil(Math.sqrt(ids.length * 1.5)), Math.floor((right - left) / COLUMN) + 1)
  ids.forEach((id, i) => at.set(id, { x: left + (i % wide) * COLUMN, y: bottom + ROW * (1.2 + Math.floor(i / wide)) }))
}
