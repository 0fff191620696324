export interface KeyText {
  key: string
  value: string
}

const STATEMENTS = new Set(['db.statement', 'db.query.text', 'cache.cmd', 'cache.statement', 'db.cql'])
const SQL = /^\s*(?:select|insert|update|delete|with|replace|merge|create|alter|drop|truncate|call|begin|commit|rollback|explain|show|set)\b/i

/** A statement among the tags is shown by itself, formatted when it is SQL. */
export function statementOf(tags: readonly KeyText[]): { key: string; value: string; sql: boolean } | null {
  const tag = tags.find(({ key, value }) => STATEMENTS.has(key) && value !== '')
  return tag === undefined ? null : { ...tag, sql: SQL.test(tag.value) }
}

/** An event as an exception (kind, message, stack) or as what else it holds. */
export interface ShownEvent {
  at: number | null
  name: string
  exception: { kind: string; message: string; stack: string } | null
  fields: KeyText[]
}

const USED = new Set(['event', 'error.kind', 'message', 'stack', 'exception.type', 'exception.message', 'exception.stacktrace'])

export function shownEvent({ at, fields }: { at: number | null; fields: readonly KeyText[] }): ShownEvent {
  const value = (...keys: string[]): string => fields.find(({ key }) => keys.includes(key))?.value ?? ''
  const kind = value('error.kind', 'exception.type')
  const stack = value('stack', 'exception.stacktrace')
  const exception = kind === '' && stack === '' ? null : { kind, message: value('message', 'exception.message'), stack }
  return { at, name: value('event'), exception, fields: exception === null ? fields.filter(({ key }) => key !== 'event') : fields.filter(({ key }) => !USED.has(key)) }
}
