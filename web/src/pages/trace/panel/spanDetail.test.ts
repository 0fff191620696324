import { describe, expect, it } from 'vitest'
import { shownEvent, statementOf } from './spanDetail'

const fields = (entries: Record<string, string>): { key: string; value: string }[] => Object.entries(entries).map(([key, value]) => ({ key, value }))

describe('what a span tells', () => {
  it('a statement is SQL only when it reads like it', () => {
    expect(statementOf(fields({ 'db.type': 'sql', 'db.statement': 'SELECT 1' }))).toEqual({ key: 'db.statement', value: 'SELECT 1', sql: true })
    expect(statementOf(fields({ 'cache.cmd': 'HGETALL cart:1' }))).toMatchObject({ sql: false })
    expect(statementOf(fields({ 'db.statement': '' }))).toBeNull()
  })
  it('exceptions of SkyWalking and of OpenTelemetry read the same', () => {
    const sw = shownEvent({ at: 5, fields: fields({ event: 'error', 'error.kind': 'java.lang.Error', message: 'no', stack: 'at x', note: '1' }) })
    const otel = shownEvent({ at: 5, fields: fields({ event: 'exception', 'exception.type': 'java.lang.Error', 'exception.message': 'no', 'exception.stacktrace': 'at x' }) })
    expect(sw.exception).toEqual(otel.exception)
    expect(sw.fields).toEqual([{ key: 'note', value: '1' }])
  })
  it('other events keep their fields', () => {
    expect(shownEvent({ at: 1, fields: fields({ event: 'retry', message: 'again' }) })).toEqual({ at: 1, name: 'retry', exception: null, fields: [{ key: 'message', value: 'again' }] })
  })
})
