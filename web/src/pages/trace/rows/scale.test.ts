import { describe, expect, it } from 'vitest'
import { clampStretch, joinStretches, percentAt, ticks } from './scale'

describe('the scale of time', () => {
  it('places moments, and keeps what is outside at the edge', () => {
    expect(percentAt({ from: 100, to: 200 }, 150)).toBe(50)
    expect(percentAt({ from: 100, to: 200 }, 1e9)).toBe(100)
    expect(percentAt({ from: 100, to: 100 }, 5)).toBe(0)
  })

  it.each([
    [{ from: 0, to: 1940 }, [0, 500, 1000, 1500]],
    [{ from: 96, to: 121 }, [100, 110, 120]],
    [{ from: 0, to: 0.004 }, [0, 0.001, 0.002, 0.003, 0.004]],
  ])('has round ticks in %o', (stretch, expected) => {
    const found = ticks(stretch, 0, 4)
    expect(found.length).toBe(expected.length)
    found.forEach((at, i) => expect(at).toBeCloseTo(expected[i]!, 9))
  })

  it('has few ticks whatever it is given', () => {
    for (const to of [0, 1e-9, 1e300, Number.NaN]) expect(ticks({ from: 0, to }, 0, 4).length).toBeLessThan(7)
  })

  it('joins stretches until few enough are left', () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ from: i * 10, to: i * 10 + 1 }))
    const joined = joinStretches(many, 0, 12)
    expect(joined.length).toBeLessThanOrEqual(12)
    expect(joined[0]!.from).toBe(0)
    expect(joined[joined.length - 1]!.to).toBe(9991)
    expect(joinStretches([{ from: 0, to: 1 }, { from: 1.5, to: 2 }], 1, 9)).toEqual([{ from: 0, to: 2 }])
  })

  it('keeps a zoom within the trace', () => {
    expect(clampStretch({ from: 90, to: -10 }, { from: 0, to: 50 })).toEqual({ from: 0, to: 50 })
    expect(clampStretch({ from: 60, to: 70 }, { from: 0, to: 50 })).toBeNull()
  })
})
