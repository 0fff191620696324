import { getJson } from '../http'
import type { Complete, Maybe, Named, Points, Stretch } from './conditions'

/** What instances, endpoints and neighbours have in common. */
export interface Traffic {
  cpm: Maybe
  avg?: Maybe
  p99?: Maybe
  errors: Maybe
}
export interface InstanceRow extends Named, Traffic {
  points?: Points
  language?: string | null
  version?: string | null
  started?: Maybe
}
export interface EndpointRow extends Named, Traffic {
  points?: Points
}
export interface ExceptionRow {
  exception: string
  message: string
  count: number
  first: number
  last: number
  traceId: string | null
}
export interface Neighbour extends Named, Traffic {
  type?: string
}
export interface ServiceDetail extends Complete {
  instances: readonly InstanceRow[]
  endpoints: readonly EndpointRow[]
  errors: readonly ExceptionRow[]
  callers: readonly Neighbour[]
  callees: readonly Neighbour[]
}

export function readService(id: string, stretch: Stretch, signal: AbortSignal): Promise<ServiceDetail> {
  return getJson<ServiceDetail>('ui/service', { id, ...stretch }, signal)
}
