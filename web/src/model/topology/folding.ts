import type { Graph, GraphEdge, GraphNode } from './graph'

export interface Traffic {
  /** Calls per minute. */
  cpm: number | null
  /** ms. */
  avg: number | null
  p99: number | null
  /** Per cent. */
  errors: number | null
}
export interface GroupedNode extends GraphNode {
  group: string
}

/** Traffic of several: sums of calls, averages weighted by them, the worst p99. */
export function joinTraffic(parts: readonly (Traffic | null)[]): Traffic | null {
  const known = parts.filter((part) => part !== null)
  if (known.length === 0) return null
  const weighted = (pick: (part: Traffic) => number | null): number | null => {
    let sum = 0
    let weight = 0
    for (const part of known) {
      const value = pick(part)
      if (value === null) continue
      sum += value * (part.cpm ?? 0)
      weight += part.cpm ?? 0
    }
    return weight > 0 ? sum / weight : null
  }
  const cpms = known.flatMap((part) => part.cpm ?? [])
  const p99s = known.flatMap((part) => part.p99 ?? [])
  return {
    cpm: cpms.length === 0 ? null : cpms.reduce((sum, value) => sum + value, 0),
    avg: weighted((part) => part.avg),
    p99: p99s.length === 0 ? null : Math.max(...p99s),
    errors: weighted((part) => part.errors),
  }
}

/** Id of the node that stands for a group. */
export const groupId = (group: string): string => `group:${group}`

/** Puts each of the groups into one node, and the calls from or to it together; calls within it are left out. */
export function foldGroups<N extends GroupedNode, E extends GraphEdge>(
  graph: Graph<N, E>,
  folded: ReadonlySet<string>,
  nodeOf: (group: string, members: readonly N[]) => N,
  edgeOf: (id: string, source: string, target: string, parts: readonly E[]) => E,
): Graph<N, E> {
  if (folded.size === 0) return graph
  const members = new Map<string, N[]>()
  const standsFor = new Map<string, string>()
  for (const node of graph.nodes) {
    if (node.group === '' || !folded.has(node.group)) continue
    members.set(node.group, [...(members.get(node.group) ?? []), node])
    standsFor.set(node.id, groupId(node.group))
  }
  const parts = new Map<string, E[]>()
  const edges: E[] = []
  for (const edge of graph.edges) {
    const source = standsFor.get(edge.source) ?? edge.source
    const target = standsFor.get(edge.target) ?? edge.target
    if (source === edge.source && target === edge.target) edges.push(edge)
    else if (source !== target) parts.set(`${source}>${target}`, [...(parts.get(`${source}>${target}`) ?? []), edge])
  }
  for (const [id, list] of parts) {
    const first = list[0]!
    edges.push(edgeOf(id, standsFor.get(first.source) ?? first.source, standsFor.get(first.target) ?? first.target, list))
  }
  return { nodes: [...graph.nodes.filter((node) => !standsFor.has(node.id)), ...[...members].map(([group, list]) => nodeOf(group, list))], edges }
}
