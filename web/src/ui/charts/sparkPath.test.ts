import { describe, expect, it } from 'vitest'
import { sparkShape } from './sparkPath'

describe('a sparkline', () => {
  it('leaves gaps open and dots what stands alone', () => {
    const { line, dots } = sparkShape([1, 2, null, 3, null, 4, 4], null, null, 100, 20)
    expect(line.match(/M/g)).toHaveLength(3)
    expect(dots).toHaveLength(1)
  })

  it('starts at zero, so that a steady line looks steady', () => {
    const { end } = sparkShape([100, 101, 100], null, null, 100, 20)
    expect(end?.y).toBeLessThan(5)
  })

  it('makes room for what is usual', () => {
    const { band, end } = sparkShape([10, 10], 20, 40, 100, 20)
    expect(band).toMatch(/^M.*Z$/)
    expect(end?.y).toBeGreaterThan(10)
  })

  it('has no band where nothing is known of it', () => {
    expect(sparkShape([1, 2, 3], [null, null, null], [null, null, null], 10, 10).band).toBe('')
    expect(sparkShape([1, 2, 3, 4], [1, 1, null, 1], [2, 2, null, 2], 10, 10).band.match(/M/g)).toHaveLength(1)
  })

  it('is empty without data, and does not fail on one point or equal points', () => {
    expect(sparkShape([null, null], null, null, 10, 10).line).toBe('')
    expect(sparkShape([5], null, null, 10, 10).end?.x).toBe(5)
    expect(sparkShape([0, 0], null, null, 10, 10).line).not.toMatch(/NaN/)
  })
})
