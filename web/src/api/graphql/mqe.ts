import { ApiError } from '../error'
import { postJson } from '../http'
import { serverDuration, serverOffset } from './duration'

/** What an expression is evaluated for; names, as the protocol wants them. */
export interface MqeEntity {
  serviceName?: string
  normal?: boolean
  serviceInstanceName?: string
  endpointName?: string
  destServiceName?: string
  destNormal?: boolean
  destServiceInstanceName?: string
  destEndpointName?: string
}
export interface MqeOwner {
  kind: 'service' | 'instance' | 'endpoint'
  id: string
}
export interface MqeSeries {
  labels: Record<string, string>
  /** By time in a series: ms since the epoch; by name in a ranking. */
  ids: (string | null)[]
  /** Traces that records were sampled from. */
  traces: (string | null)[]
  /** Entities of a ranking. */
  owners?: (MqeOwner | null)[]
  values: (number | null)[]
}
export interface MqeResult {
  type: string
  series: MqeSeries[]
}

interface RawOwner {
  serviceID: string | null
  serviceInstanceID: string | null
  endpointID: string | null
}

interface Raw {
  type: string
  error: string | null
  results: { metric: { labels: { key: string; value: string | null }[] }; values: { id: string | null; value: string | null; traceID: string | null; owner: RawOwner | null }[] }[]
}

export interface MqeQuestion {
  expression: string
  entity: MqeEntity
}

/** Evaluates all expressions for one entity in one round trip, in their order. The first that is faulty fails the whole. */
export function evaluate(expressions: readonly string[], entity: MqeEntity, from: number, to: number, signal: AbortSignal): Promise<MqeResult[]> {
  return evaluateAll(expressions.map((expression) => ({ expression, entity })), from, to, signal)
}

/** As `evaluate`, each for an entity of its own. */
export async function evaluateAll(questions: readonly MqeQuestion[], from: number, to: number, signal: AbortSignal): Promise<MqeResult[]> {
  if (questions.length === 0) return []
  const duration = serverDuration(from, to, await serverOffset(signal))
  const names = questions.map((_, i) => `$x${i}: String!, $e${i}: Entity!`).join(', ')
  const fields = questions.map((_, i) => `a${i}: execExpression(expression: $x${i}, entity: $e${i}, duration: $duration) { type error results { metric { labels { key value } } values { id value traceID owner { serviceID serviceInstanceID endpointID } } } }`)
  const query = `query($duration: Duration!, ${names}) { ${fields.join(' ')} }`
  const variables = { duration, ...Object.fromEntries(questions.flatMap(({ expression, entity }, i) => [[`x${i}`, expression], [`e${i}`, entity]])) }
  const answer = await postJson<{ data?: Record<string, Raw> | null; errors?: { message: string }[] }>('graphql', { query, variables }, signal)
  const failed = answer.errors?.[0]
  if (failed) throw new ApiError('INVALID', failed.message, { status: 200 })
  return questions.map(({ expression }, i) => readResult(answer.data?.[`a${i}`], expression))
}

function ownerOf(raw: RawOwner | null): MqeOwner | null {
  if (raw?.endpointID) return { kind: 'endpoint', id: raw.endpointID }
  if (raw?.serviceInstanceID) return { kind: 'instance', id: raw.serviceInstanceID }
  return raw?.serviceID ? { kind: 'service', id: raw.serviceID } : null
}

function readResult(raw: Raw | undefined, expression: string): MqeResult {
  if (!raw) throw new ApiError('MALFORMED', `no answer to ${expression}`, { status: 200 })
  if (raw.error) throw new ApiError('INVALID', raw.error, { status: 200, field: expression })
  return {
    type: raw.type,
    series: raw.results.map((one) => ({
      labels: Object.fromEntries(one.metric.labels.map(({ key, value }) => [key, value ?? ''])),
      owners: one.values.map(({ owner }) => ownerOf(owner)),
      traces: one.values.map((value) => value.traceID),
      ids: one.values.map((value) => value.id),
      values: one.values.map((value) => (value.value === null ? null : Number(value.value))),
    })),
  }
}
