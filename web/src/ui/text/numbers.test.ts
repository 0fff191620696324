import { describe, expect, it } from 'vitest'
import { bytes, count, duration, figures, measure, percent, rate, signed, spoken } from './numbers'

describe('numbers with units', () => {
  it.each([
    [0, '0 ms'],
    [0.0421, '42 µs'],
    [9.78, '9.8 ms'],
    [47.3, '47 ms'],
    [9, '9 ms'],
    [221.4, '221 ms'],
    [999.6, '1 s'],
    [1843, '1.84 s'],
    [61_000, '1.02 min'],
    [7_200_000, '2 h'],
  ])('a duration of %f ms reads %s', (ms, text) => expect(spoken(ms, 'duration')).toBe(text))

  it('a rate below one a second is told per minute', () => {
    expect(rate(3180 * 60)).toEqual({ text: '3,180', unit: '/s' })
    expect(rate(12)).toEqual({ text: '12', unit: '/min' })
    expect(rate(0)).toEqual({ text: '0', unit: '/s' })
  })

  it('small errors are not rounded to none', () => {
    expect(percent(0.001).text).toBe('<0.01')
    expect(percent(0.02).text).toBe('0.02')
    expect(percent(0).text).toBe('0')
    expect(percent(99.999).text).toBe('100')
    expect(percent(12.34).text).toBe('12.3')
  })

  it('large counts and sizes are shortened', () => {
    expect(count(41_820).text).toBe('41,820')
    expect(count(2_500_000)).toEqual({ text: '2.5', unit: 'M' })
    expect(bytes(18_400_000_000)).toEqual({ text: '18.4', unit: 'GB' })
    expect(bytes(999)).toEqual({ text: '999', unit: 'B' })
  })

  it('nothing is not zero', () => {
    expect(measure(null, 'duration').text).toBe('–')
    expect(measure(Number.NaN, 'count').text).toBe('–')
  })

  it('figures keep three that matter', () => {
    expect(figures(0.0123)).toBe('0.012')
    expect(figures(99.96)).toBe('100')
    expect(signed('-0.4', -0.4)).toBe('−0.4')
    expect(duration(-3).text).toBe('-3')
  })
})
