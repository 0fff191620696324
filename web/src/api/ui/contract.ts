import type { Overview } from './overview'
import type { Schemas } from './schema'
import type { ServiceDetail } from './service'
import type { Session } from './session'
import type { Health, ServerStatus } from './status'
import type { Topology } from './topology'
import type { Scatter, SpanDetail, TagComparison, TraceCondition, TracePage } from './traces'

/** Holds where `Told` can be read as `Ours`. */
type Reads<_Ours, _Told extends _Ours> = true

/** Fails to compile where what the server says it answers, or takes, is not what the pages read, or send. */
export type Contract = [
  Reads<Session, Schemas['Session']>,
  Reads<Overview, Schemas['Overview']>,
  Reads<Topology, Schemas['Topology']>,
  Reads<ServiceDetail, Schemas['Service']>,
  Reads<Health, Schemas['Health']>,
  Reads<ServerStatus, Schemas['Status']>,
  Reads<TracePage, Schemas['TracePage']>,
  Reads<Scatter, Schemas['Scatter']>,
  Reads<TagComparison, Schemas['TagComparison']>,
  Reads<SpanDetail, Schemas['Span']>,
  Reads<Schemas['TraceCondition'], TraceCondition>,
]
