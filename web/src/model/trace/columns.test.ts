import { describe, expect, it } from 'vitest'
import { readTraceColumns, TraceFormatError } from './columns'
import { encodeColumns, encodeNotes } from './encode'

const bytes = (): ArrayBuffer =>
  encodeNotes([
    { id: 'a', service: 'gateway', kind: 'entry', at: [0, 10], component: 'Tomcat', layer: 'Http' },
    { id: 'b', service: 'gateway', parent: 'a', kind: 'exit', at: [1, 9], peer: 'db:3306', flags: ['error'] },
    { id: 'c', service: 'orders', parent: 'b', kind: 'entry', at: [2, 8], links: [{ to: 'a', kind: 'batch' }] },
  ])

describe('the bytes of a trace', () => {
  it('are read as views, without copies', () => {
    const source = bytes()
    const columns = readTraceColumns(source)
    expect(columns.count).toBe(3)
    expect(columns.start.buffer).toBe(source)
    expect([...columns.duration]).toEqual([10, 8, 6])
    expect([...columns.parent]).toEqual([-1, 0, 1])
    expect([...columns.peer]).toEqual([-1, 0, -1])
    expect(columns.header.services).toEqual(['gateway', 'orders'])
    expect(columns.header.links).toEqual([{ row: 2, to: 0, kind: 'batch', traceId: null, segmentId: '' }])
  })

  it('may hold no span', () => expect(readTraceColumns(encodeNotes([])).count).toBe(0))

  it('are refused at every other length', () => {
    const source = bytes()
    for (let length = 0; length < source.byteLength; length++) expect(() => readTraceColumns(source.slice(0, length))).toThrow(TraceFormatError)
    const longer = new Uint8Array(source.byteLength + 8)
    longer.set(new Uint8Array(source))
    expect(() => readTraceColumns(longer.buffer)).toThrow(/3 spans need/)
  })

  it('with any byte changed are either refused or still within bounds', () => {
    const source = new Uint8Array(bytes())
    for (let at = 0; at < source.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = source.slice()
        changed[at] = changed[at]! ^ mask
        try {
          const columns = readTraceColumns(changed.buffer)
          for (let row = 0; row < columns.count; row++) {
            expect(columns.parent[row]).toBeLessThan(columns.count)
            expect(columns.header.operations[columns.operation[row]!]).toBeTypeOf('string')
            expect(columns.header.services[columns.header.segments.service[columns.segment[row]!]!]).toBeTypeOf('string')
          }
        } catch (error) {
          expect(error).toBeInstanceOf(TraceFormatError)
        }
      }
    }
  })

  it.each([
    ['parent', [-1, 3, 0], /parent 3 of row 1/],
    ['operation', [0, 1, 9], /operation 9 of row 2/],
    ['duration', [1, -1, 1], /duration of row 1/],
    ['start', [0, Number.NaN, 0], /start of row 1/],
    ['kind', [0, 5, 0], /kind 5 of row 1/],
  ])('are refused when %s leaves its range', (name, values, message) => {
    const { header, count, ...views } = readTraceColumns(bytes())
    const columns = Object.fromEntries(Object.entries(views).map(([key, view]) => [key, [...(view as Float64Array)]]))
    expect(count).toBe(3)
    expect(() => readTraceColumns(encodeColumns(header, { ...columns, [name]: values }))).toThrow(message)
  })
})
