import { getJson } from '../http'
import type { Complete, Maybe, Points, Stretch } from './conditions'

export type ServiceStatus = 'failing' | 'risk' | 'ok' | 'idle'
export type Severity = 'bad' | 'warn' | 'info'

/** Whom a service calls, where that explains what is wrong with it. */
export interface Cause {
  kind: 'service' | 'database' | 'cache' | 'queue' | 'other'
  id: string
  name: string
  /** From 0 to 1: the part of what got worse that was spent on it. */
  share: number
}

/** Why a service stands where it stands. `rule` is one of those of docs/user/overview.md. */
export interface Reason {
  rule: string
  severity: Severity
  value: Maybe
  usual: Maybe
  since: Maybe
  /** What it is about: the evidence is there. */
  entity: { kind: string; id: string; name: string } | null
  because?: Cause | null
}

/** A metric now and as a line. Counts per minute, per cent, ms, or 0..1 (Apdex). */
export interface Line {
  now: Maybe
  points: Points
}
/** With what is usual: one level for the whole line or one a point; null below 30 points of history. */
export interface UsualLine extends Line {
  low: Maybe | Points
  high: Maybe | Points
}
export interface EdgeLine extends UsualLine {
  /** Over the stretch that it is compared with. */
  before: Maybe
}

export interface OverviewService {
  id: string
  name: string
  group: string
  layers: readonly string[]
  instances: number
  status: ServiceStatus
  reasons: readonly Reason[]
  cpm: Line
  errors: Line
  p99: UsualLine
  apdex: Line
}

export interface OverviewEndpoint {
  id: string
  name: string
  service: string
  serviceId: string
  cpm: Maybe
}

export interface Statement {
  kind: 'database' | 'cache'
  statement: string
  service: string
  serviceId: string
  duration: number
  at: number
  traceId: string | null
}

export interface Change {
  kind: 'service' | 'endpoint' | 'edge' | 'instance' | 'version'
  change: 'new' | 'gone' | 'started' | 'changed'
  /** Versions of an instance that started with another one. */
  from: string | null
  to: string | null
  name: string
  id: string
  service: string | null
  at: Maybe
}

/** Skytrail itself: what arrived since its start, and what became of it. */
export interface ServerHealth {
  receivedPerSecond: Maybe
  stored: Maybe
  refused: Maybe
  dropped: readonly { reason: string; count: number }[]
  diskBytes: Maybe
  diskDays: Maybe
}

export interface Overview extends Complete {
  from: number
  to: number
  /** Instant of the first point of every line, and ms between two. */
  first: number
  step: number
  compareFrom: Maybe
  services: readonly OverviewService[]
  edge: { cpm: EdgeLine; errors: EdgeLine; p99: EdgeLine; apdex: EdgeLine }
  slowEndpoints: readonly (OverviewEndpoint & { p99: Maybe })[]
  failingEndpoints: readonly (OverviewEndpoint & { errors: Maybe })[]
  statements: readonly Statement[]
  changes: readonly Change[]
  server: ServerHealth
}

/** Everything that the first page shows, services worst first. */
export function readOverview(stretch: Stretch, signal: AbortSignal): Promise<Overview> {
  return getJson<Overview>('ui/overview', { ...stretch }, signal)
}
