import { expect, it } from 'vitest'
import { groupStatements } from './statements'

it('a statement stands once, with its slowest sample', () => {
  const series = { labels: {}, ids: ['a', 'b', 'a'], values: [5, 7, 9], traces: ['t1', 't2', 't3'] }
  expect(groupStatements([{ type: 'RECORD_LIST', series: [series] }])).toEqual([
    { text: 'a', duration: 9, samples: 2, traceId: 't3' },
    { text: 'b', duration: 7, samples: 1, traceId: 't2' },
  ])
})
