import { expect, it } from 'vitest'
import { windowOf } from './windowOf'

it('shows what is in sight and a little more, within the list', () => {
  expect(windowOf(0, 100, 20, 1000, 2)).toEqual({ first: 0, last: 7 })
  expect(windowOf(1000, 100, 20, 1000, 2)).toEqual({ first: 48, last: 57 })
  expect(windowOf(1e9, 100, 20, 10, 2)).toEqual({ first: 10, last: 10 })
  expect(windowOf(0, 100, 20, 0, 2)).toEqual({ first: 0, last: 0 })
})
