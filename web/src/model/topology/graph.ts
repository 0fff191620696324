/** The least that a node and an edge of any topology are. */
export interface GraphNode {
  id: string
}
export interface GraphEdge {
  id: string
  source: string
  target: string
}
export interface Graph<N extends GraphNode = GraphNode, E extends GraphEdge = GraphEdge> {
  nodes: readonly N[]
  edges: readonly E[]
}
export interface Point {
  x: number
  y: number
}

/** Nodes and edges, by id. */
export interface Lit {
  nodes: Set<string>
  edges: Set<string>
}

/** Edges by the node at one of their ends. */
export function edgesBy<E extends GraphEdge>(edges: readonly E[], end: 'source' | 'target'): Map<string, E[]> {
  const by = new Map<string, E[]>()
  for (const edge of edges) {
    const list = by.get(edge[end])
    if (list) list.push(edge)
    else by.set(edge[end], [edge])
  }
  return by
}

function walk(edges: readonly GraphEdge[], start: readonly string[], from: 'source' | 'target', lit: Lit): void {
  const by = edgesBy(edges, from)
  const to = from === 'source' ? 'target' : 'source'
  const seen = new Set(start)
  const open = [...start]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    lit.nodes.add(id)
    for (const edge of by.get(id) ?? []) {
      lit.edges.add(edge.id)
      if (seen.has(edge[to])) continue
      seen.add(edge[to])
      open.push(edge[to])
    }
  }
}

/** All that calls a node, directly or through others, and all that it calls; the node itself too. */
export function streamOf(edges: readonly GraphEdge[], node: string): Lit {
  const lit: Lit = { nodes: new Set(), edges: new Set() }
  walk(edges, [node], 'source', lit)
  walk(edges, [node], 'target', lit)
  return lit
}

/** What leads to an edge and what it leads to; the edge itself too. */
export function streamOfEdge(edges: readonly GraphEdge[], edge: GraphEdge): Lit {
  const lit: Lit = { nodes: new Set(), edges: new Set([edge.id]) }
  walk(edges, [edge.source], 'target', lit)
  walk(edges, [edge.target], 'source', lit)
  return lit
}

/** The edges that pass, and the nodes at their ends; nodes without any edge stay if `keep` says so. */
export function narrowed<N extends GraphNode, E extends GraphEdge>(graph: Graph<N, E>, passes: (edge: E) => boolean, keep: (node: N) => boolean): Graph<N, E> {
  const edges = graph.edges.filter(passes)
  const ends = new Set(edges.flatMap((edge) => [edge.source, edge.target]))
  return { nodes: graph.nodes.filter((node) => ends.has(node.id) || keep(node)), edges }
}
