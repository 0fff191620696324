import { expect, it } from 'vitest'
import { receivedPerSecond, totals } from './serverRates'

it('needs two readings of one run of the server', () => {
  expect(receivedPerSecond([{ at: 0, received: 5 }])).toBeNull()
  expect(receivedPerSecond([{ at: 0, received: 5 }, { at: 10_000, received: 105 }])).toBe(10)
  expect(receivedPerSecond([{ at: 0, received: 500 }, { at: 10_000, received: 5 }])).toBeNull()
})

it('adds what all receivers lost', () => {
  const receiver = { name: 'a', address: '', received: 3, stored: 0, refused: 1, dropped: [{ reason: 'x', count: 2 }, { reason: 'y', count: 1 }] }
  expect(totals([receiver, receiver])).toEqual({ received: 6, refused: 2, dropped: 6 })
})
