import { getJson } from '../http'
import type { Complete, Maybe, Stretch } from './conditions'
import type { ServiceStatus } from './overview'

export interface TopologyNode {
  id: string
  name: string
  type: string
  /** False for what no agent reports: databases, queues, users. */
  real: boolean
  layers: readonly string[]
  group: string
  cpm: Maybe
  avg: Maybe
  p99: Maybe
  errors: Maybe
  status: ServiceStatus
  change: 'new' | 'gone' | null
}
export interface Calls {
  cpm: Maybe
  avg: Maybe
  p99: Maybe
  errors: Maybe
}
export interface TopologyEdge {
  id: string
  source: string
  target: string
  components: readonly string[]
  client: Calls | null
  server: Calls | null
  change: 'new' | 'gone' | null
}
export interface Topology extends Complete {
  nodes: readonly TopologyNode[]
  edges: readonly TopologyEdge[]
}
export interface TopologyScope {
  around?: string
  depth?: number
  scope?: 'services' | 'instances' | 'endpoint'
  client?: string
  server?: string
  endpoint?: string
}

/** A side of a call that nobody reports is answered with nothing in each of its figures. */
const told = (calls: Calls | null): Calls | null => (calls !== null && Object.values(calls).some((value) => value !== null) ? calls : null)

export async function readTopology(stretch: Stretch, scope: TopologyScope, signal: AbortSignal): Promise<Topology> {
  const answer = await getJson<Topology>('ui/topology', { ...stretch, ...scope }, signal)
  return { ...answer, edges: answer.edges.map((edge) => ({ ...edge, client: told(edge.client), server: told(edge.server) })) }
}
