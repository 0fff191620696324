import { expect, it } from 'vitest'
import { busiest, callStatus, middles, SHOWN } from './neighbours'

const neighbour = (name: string, cpm: number | null, errors: number | null = 0) => ({ id: name, name, type: '', cpm, avg: 1, p99: 2, errors, status: 'ok' as const })

it('the busiest neighbours are on the map, the rest is counted', () => {
  const rows = Array.from({ length: SHOWN + 3 }, (_, i) => neighbour(`n${i}`, i === 0 ? null : i))
  const { shown, rest } = busiest(rows)
  expect(shown.map((row) => row.cpm)).toEqual([8, 7, 6, 5, 4, 3])
  expect(rest).toBe(3)
})

it('calls that fail say so', () => {
  expect([null, 0.9, 1, 4.9, 5].map((errors) => callStatus({ errors }))).toEqual(['ok', 'ok', 'risk', 'risk', 'failing'])
})

it('rows of both sides share their middle', () => {
  expect(middles(3, 40, 120)).toEqual([20, 60, 100])
  expect(middles(1, 40, 120)).toEqual([60])
})
