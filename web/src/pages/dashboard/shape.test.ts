import { describe, expect, it } from 'vitest'
import type { MqeResult, MqeSeries } from '@/api'
import { entriesOf, figuresOf, linesOf, rowsOf, stacked, type Answer } from './shape'

const series = (ids: (string | null)[], values: (number | null)[], more: Partial<MqeSeries> = {}): MqeSeries => ({ ids, values, labels: {}, traces: ids.map(() => null), ...more })
const answer = (type: string, all: MqeSeries[], name = ''): Answer => ({ query: { expression: 'x' }, name, result: { type, series: all } as MqeResult })

describe('answers of a widget', () => {
  it('become lines on common times', () => {
    const { times, lines } = linesOf([answer('TIME_SERIES_VALUES', [series(['60', '120'], [1, null])], 'Reads'), answer('TIME_SERIES_VALUES', [series(['120', '180'], [2, 3], { labels: { p: '99' } })]), answer('SINGLE_VALUE', [series([null], [7])], 'Limit')], 0, 200)
    expect(times).toEqual([60, 120, 180])
    expect(lines.map(({ label, values }) => [label, values])).toEqual([['Reads', [1, null, null]], ['p99', [null, 2, 3]], ['Limit', [7, 7, 7]]])
  })
  it('a value alone reaches from end to end', () => expect(linesOf([answer('SINGLE_VALUE', [series([null], [7])])], 5, 9)).toMatchObject({ times: [5, 9], lines: [{ values: [7, 7] }] }))
  it('become figures: the last that is known', () => expect(figuresOf([answer('TIME_SERIES_VALUES', [series(['1', '2', '3'], [1, 5, null])])])).toMatchObject([{ value: 5, points: [1, 5, null] }]))
  it('become entries that lead on', () => {
    const ranking = answer('SORTED_LIST', [series(['a', 'b'], [2, 1], { owners: [{ kind: 'service', id: 'id-a' }, null] })])
    const records = answer('RECORD_LIST', [series(['SELECT 1', 'SELECT 1'], [9, 8], { traces: ['t1', 't2'] })])
    expect(entriesOf([ranking, records]).map((one) => one.to)).toEqual([{ kind: 'service', id: 'id-a' }, null, { kind: 'trace', id: 't1' }])
  })
  it('become rows, joined by entity', () => {
    const owned = (ids: string[], values: number[]): Answer => answer('SORTED_LIST', [series(ids, values, { owners: ids.map((id) => ({ kind: 'service' as const, id })) })])
    expect(rowsOf([owned(['a', 'b'], [2, 1]), owned(['b', 'c'], [8, 9])]).map(({ name, values }) => [name, values])).toEqual([['a', [2, null]], ['b', [1, 8]], ['c', [null, 9]]])
  })
})

it('lines of a stack stand on those before them', () => {
  const line = (values: (number | null)[]) => ({ key: '', label: '', values })
  expect(stacked([line([1, null, null]), line([2, 5, null])])).toEqual([[1, null, null], [3, 5, null]])
})
