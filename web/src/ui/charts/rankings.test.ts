import { expect, it } from 'vitest'
import { joinRankings } from './rankings'

const list = (...rows: [string, number][]) => ({ type: 'SORTED_LIST', series: [{ labels: {}, traces: [], ids: rows.map(([name]) => name), owners: rows.map(([name]) => `id-${name}`), values: rows.map(([, value]) => value) }] })

it('joins rankings by entity; what one of them lacks stays unknown', () => {
  expect(joinRankings([list(['a', 10], ['b', 5]), list(['b', 200]), list(['a', 9950])])).toEqual([
    { id: 'id-a', name: 'a', cpm: 10, average: null, errors: 0.5 },
    { id: 'id-b', name: 'b', cpm: 5, average: 200, errors: null },
  ])
})
