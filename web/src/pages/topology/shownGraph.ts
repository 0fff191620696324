import type { Calls, Topology, TopologyEdge, TopologyNode } from '@/api'
import { foldGroups, groupId, joinTraffic, narrowed, type Graph } from '@/model'

export type ShownNode = TopologyNode & { members?: readonly TopologyNode[] }
export type ShownGraph = Graph<ShownNode, TopologyEdge>

export interface Thresholds {
  calls: number | null
  errors: number | null
  slow: number | null
}

/** The side that tells of a call: the callee counts what arrived, also from callers that do not report. */
export function callsOf(edge: TopologyEdge): Calls | null {
  return edge.server ?? edge.client
}

/** The longest p99 that either side tells: the caller's holds the network too. */
export function slowest(edge: TopologyEdge): number | null {
  const known = [edge.client?.p99, edge.server?.p99].filter((value) => value !== null && value !== undefined)
  return known.length === 0 ? null : Math.max(...known)
}

export function worstErrors(edge: TopologyEdge): number | null {
  const known = [edge.client?.errors, edge.server?.errors].filter((value) => value !== null && value !== undefined)
  return known.length === 0 ? null : Math.max(...known)
}

const reaches = (value: number | null | undefined, least: number | null): boolean => least === null || (value ?? 0) >= least

const RANK = { failing: 3, risk: 2, ok: 1, idle: 0 } as const

function groupNode(group: string, members: readonly ShownNode[]): ShownNode {
  const traffic = joinTraffic(members) ?? { cpm: null, avg: null, p99: null, errors: null }
  const status = members.reduce<TopologyNode['status']>((worst, node) => (RANK[node.status] > RANK[worst] ? node.status : worst), 'idle')
  return { id: groupId(group), name: group, type: '', real: true, layers: [], group: '', ...traffic, status, change: null, members }
}

function joinedEdge(id: string, source: string, target: string, parts: readonly TopologyEdge[]): TopologyEdge {
  const gone = parts.every((part) => part.change === 'gone')
  const fresh = parts.every((part) => part.change === 'new')
  return {
    id,
    source,
    target,
    components: [...new Set(parts.flatMap((part) => part.components))],
    client: joinTraffic(parts.map((part) => part.client)),
    server: joinTraffic(parts.map((part) => part.server)),
    change: gone ? 'gone' : fresh ? 'new' : null,
  }
}

/** What is shown of an answer: edges over all thresholds, the nodes that they touch, and groups put together. */
export function shownGraph(topology: Topology, { calls, errors, slow }: Thresholds, folded: readonly string[], keep: string): ShownGraph {
  const ids = new Set(topology.nodes.map((node) => node.id))
  const whole: ShownGraph = { nodes: topology.nodes, edges: topology.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)) }
  const free = calls === null && errors === null && slow === null
  const left = free ? whole : narrowed(whole, (edge) => reaches(callsOf(edge)?.cpm, calls) && reaches(worstErrors(edge), errors) && reaches(slowest(edge), slow), (node) => node.id === keep)
  return foldGroups(left, new Set(folded), groupNode, joinedEdge)
}

export interface Finding {
  failing: number
  risk: number
  new: number
  gone: number
}

export function findingsOf({ nodes, edges }: ShownGraph): Finding {
  const count = (status: TopologyNode['status']): number => nodes.filter((node) => node.status === status).length
  const changed = (change: 'new' | 'gone'): number => edges.filter((edge) => edge.change === change).length
  return { failing: count('failing'), risk: count('risk'), new: changed('new'), gone: changed('gone') }
}
