import { getJson } from '../http'
import type { ServiceStatus } from './overview'
import type { Complete, Maybe, Named, Points, Stretch } from './conditions'

/** Calls per minute, average in ms, per cent. */
export interface Traffic {
  cpm: Maybe
  avg: Maybe
  errors: Maybe
}
/** A value for each point of the stretch; latency is the average of instances, p99 of endpoints. */
export interface PartLines {
  cpm: Points
  latency: Points
  errors: Points
}
export interface InstanceRow extends Named, Traffic {
  /** In capitals; null where none was told. */
  language: string | null
  /** Null for all but the busiest. */
  lines: PartLines | null
  version: string | null
  started: Maybe
  lastSeen: Maybe
}
export interface EndpointRow extends Named, Traffic {
  p99: Maybe
  lines: PartLines | null
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
  status: ServiceStatus
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
