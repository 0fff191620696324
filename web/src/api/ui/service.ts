import { getJson } from '../http'
import type { ServiceStatus } from './overview'
import type { Complete, Maybe, Named, Stretch } from './conditions'

/** Calls per minute, average in ms, per cent. */
export interface Traffic {
  cpm: Maybe
  avg: Maybe
  errors: Maybe
}
export interface InstanceRow extends Named, Traffic {
  language: string
  version: string | null
  started: Maybe
  lastSeen: Maybe
}
export interface EndpointRow extends Named, Traffic {
  p99: Maybe
}
/** Failures that look the same; `exception` is the operation where no exception was recorded. */
export interface ExceptionRow {
  exception: string
  message: string
  count: number
  first: number
  last: number
  traceId: string | null
}
export interface Neighbour extends Named, Traffic {
  /** Component that the call goes by; empty when unknown. */
  type: string
  p99: Maybe
  status?: ServiceStatus
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
