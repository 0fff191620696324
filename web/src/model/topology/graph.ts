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

type ByEnd = ReadonlyMap<string, readonly GraphEdge[]>

function walk(by: ByEnd, start: string, to: 'source' | 'target', lit: Lit): void {
  const seen = new Set([start])
  const open = [start]
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

export interface Streams {
  /** All that calls a node, directly or through others, and all that it calls; the node itself too. */
  ofNode(node: string): Lit
  /** What leads to an edge and what it leads to; the edge itself too. */
  ofEdge(edge: GraphEdge): Lit
}

/** Ways up and down from any place of a graph, whose edges are sorted once. */
export function streamsOf(edges: readonly GraphEdge[]): Streams {
  const callees = edgesBy(edges, 'source')
  const callers = edgesBy(edges, 'target')
  return {
    ofNode(node) {
      const lit: Lit = { nodes: new Set(), edges: new Set() }
      walk(callees, node, 'target', lit)
      walk(callers, node, 'source', lit)
      return lit
    },
    ofEdge(edge) {
      const lit: Lit = { nodes: new Set(), edges: new Set([edge.id]) }
      walk(callers, edge.source, 'source', lit)
      walk(callees, edge.target, 'target', lit)
      return lit
    },
  }
}

/** The edges that pass, and the nodes at their ends; nodes without any edge stay if `keep` says so. */
export function narrowed<N extends GraphNode, E extends GraphEdge>(graph: Graph<N, E>, passes: (edge: E) => boolean, keep: (node: N) => boolean): Graph<N, E> {
  const edges = graph.edges.filter(passes)
  const ends = new Set(edges.flatMap((edge) => [edge.source, edge.target]))
  return { nodes: graph.nodes.filter((node) => ends.has(node.id) || keep(node)), edges }
}
