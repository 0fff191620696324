import { getJson } from '@/api'

export interface KeyText {
  key: string
  value: string
}

interface Named {
  id: string
  name: string
}

/** Everything about one span, as `ui/span` answers it. Times in ms. */
export interface SpanDetail {
  traceId: string
  segmentId: string
  number: number
  service: Named
  instance: Named
  endpoint: Named | null
  operation: string
  kind: string
  layer: string
  component: string
  peer: string
  start: number
  duration: number
  error: boolean
  tags: KeyText[]
  events: { at: number; fields: KeyText[] }[]
  links: { kind: string; traceId: string; segmentId: string; span: number; service: string }[]
  usual: { p50: number; p99: number; samples: number } | null
}

export const fetchSpan = (trace: string, segment: string, span: number, signal: AbortSignal): Promise<SpanDetail> =>
  getJson<SpanDetail>('ui/span', { trace, segment, span }, signal)

const STATEMENTS = new Set(['db.statement', 'db.query.text', 'cache.cmd', 'cache.statement', 'db.cql'])
const SQL = /^\s*(?:select|insert|update|delete|with|replace|merge|create|alter|drop|truncate|call|begin|commit|rollback|explain|show|set)\b/i

/** A statement among the tags is shown by itself, formatted when it is SQL. */
export function statementOf(tags: readonly KeyText[]): { key: string; value: string; sql: boolean } | null {
  const tag = tags.find(({ key, value }) => STATEMENTS.has(key) && value !== '')
  return tag === undefined ? null : { ...tag, sql: SQL.test(tag.value) }
}

/** An event as an exception (kind, message, stack) or as what else it holds. */
export interface ShownEvent {
  at: number
  name: string
  exception: { kind: string; message: string; stack: string } | null
  fields: KeyText[]
}

const USED = new Set(['event', 'error.kind', 'message', 'stack', 'exception.type', 'exception.message', 'exception.stacktrace'])

export function shownEvent({ at, fields }: { at: number; fields: readonly KeyText[] }): ShownEvent {
  const value = (...keys: string[]): string => fields.find(({ key }) => keys.includes(key))?.value ?? ''
  const kind = value('error.kind', 'exception.type')
  const stack = value('stack', 'exception.stacktrace')
  const exception = kind === '' && stack === '' ? null : { kind, message: value('message', 'exception.message'), stack }
  return { at, name: value('event'), exception, fields: exception === null ? fields.filter(({ key }) => key !== 'event') : fields.filter(({ key }) => !USED.has(key)) }
}
