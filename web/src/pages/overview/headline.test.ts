import { expect, it } from 'vitest'
import { aboveUsual, changeInPercent, finding } from './headline'

const none = { failing: 0, risk: 0, idle: 0, all: 9, instances: 31 }

it('the headline is the worst that was found', () => {
  expect(finding({ ...none, failing: 1, risk: 2 })).toBe('failingAndRisk')
  expect(finding({ ...none, failing: 1 })).toBe('failing')
  expect(finding({ ...none, risk: 1 })).toBe('risk')
  expect(finding({ ...none, idle: 9 })).toBe('idle')
  expect(finding({ ...none, idle: 3 })).toBe('well')
})

it('nothing to compare with is no change', () => {
  expect(changeInPercent(5, 0)).toBeNull()
  expect(changeInPercent(null, 5)).toBeNull()
  expect(changeInPercent(6, 5)).toBeCloseTo(20)
})

it('the end of a line counts against the end of its band', () => {
  expect(aboveUsual(5, [1, 4, null])).toBe(true)
  expect(aboveUsual(5, 6)).toBe(false)
  expect(aboveUsual(5, null)).toBe(false)
})
