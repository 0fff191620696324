import { describe, expect, it } from 'vitest'
import { clampFixed, comparedWith, DEFAULT_RANGE, formatLast, LONGEST, MINUTE, parseLast, parseRange, rangeQuery, refreshEvery, resolve, shift, widen } from './range'

const now = 1_800_000_000_000

describe('the range in an address', () => {
  it.each([['30m', 30], ['6h', 360], ['7d', 10_080], ['0m', null], ['32d', null], ['5w', null], ['-5m', null], ['', null]])('%s is %s minutes', (text, minutes) => {
    expect(parseLast(text)).toBe(minutes)
  })

  it('comes back as it went', () => {
    for (const range of [{ kind: 'last', minutes: 90 } as const, { kind: 'fixed', from: 5, to: 9 } as const, DEFAULT_RANGE]) {
      const { last, from, to } = rangeQuery(range)
      expect(parseRange(last, from, to)).toEqual(range)
    }
  })

  it('is the default where it is nonsense', () => {
    expect(parseRange('x', null, null)).toEqual(DEFAULT_RANGE)
    expect(parseRange(null, '9', '5')).toEqual(DEFAULT_RANGE)
    expect(parseRange(null, 'NaN', '5')).toEqual(DEFAULT_RANGE)
    expect(parseRange(null, '1', '1e300')).toEqual(DEFAULT_RANGE)
  })

  it('is never longer than the server answers for', () => {
    expect(clampFixed(0, now)).toEqual({ kind: 'fixed', from: now - LONGEST, to: now })
  })

  it('is written by its largest unit', () => expect([30, 60, 1440, 90].map(formatLast)).toEqual(['30m', '1h', '1d', '90m']))
})

describe('moving', () => {
  it('back gives the stretch before, forth never passes now', () => {
    const back = shift(DEFAULT_RANGE, -1, now)
    expect(back).toEqual({ kind: 'fixed', from: now - 60 * MINUTE, to: now - 30 * MINUTE })
    expect(resolve(shift(back, 1, now), now).to).toBe(now)
    expect(shift(DEFAULT_RANGE, 1, now)).toEqual(DEFAULT_RANGE)
  })

  it('wider doubles the length and stays before now', () => {
    const wide = resolve(widen({ kind: 'fixed', from: now - 20, to: now - 10 }, now), now)
    expect(wide.to - wide.from).toBe(20)
    expect(resolve(widen({ kind: 'fixed', from: now - 10, to: now }, now), now).to).toBe(now)
  })

  it('compares with what came before, or with the same hour of the day before', () => {
    expect(comparedWith({ from: 100, to: 110 }, 'previous')).toEqual({ from: 90, to: 100 })
    expect(comparedWith({ from: now, to: now + 5 }, 'day')).toEqual({ from: now - 86_400_000, to: now - 86_399_995 })
    expect(comparedWith({ from: 1, to: 2 }, 'none')).toBeNull()
  })

  it('a fixed range is not refreshed', () => expect(refreshEvery({ kind: 'fixed', from: 1, to: 2 })).toBe(0))
})
