import { describe, expect, it } from 'vitest'
import { boxBetween, durationAt, durationTicks, isWithin, nearest, planeOf, stepPoint, stepSpot, timeAt, timeTicks, xOf, yOf } from './scatterPlane'

const area = { left: 50, top: 10, width: 400, height: 200 }

describe.each([['linear', false], ['logarithmic', true]])('a %s plane', (_, log) => {
  const durations = [0, 3, 40, 1900]
  const plane = planeOf(durations, { from: 1000, to: 2000 }, area, log)
  it('places what it can read back', () => {
    expect(timeAt(plane, xOf(plane, 1234))).toBeCloseTo(1234)
    for (const duration of durations.slice(1)) expect(durationAt(plane, yOf(plane, duration))).toBeCloseTo(duration, 6)
  })
  it('holds every point', () => {
    for (const duration of durations) {
      expect(yOf(plane, duration)).toBeGreaterThanOrEqual(area.top)
      expect(yOf(plane, duration)).toBeLessThanOrEqual(area.top + area.height)
    }
  })
  it('a box down to the lower edge holds 0', () => expect(durationAt(plane, 1e9)).toBe(0))
  it('has a few lines', () => {
    const ticks = durationTicks(plane, 5)
    expect(ticks.length).toBeGreaterThan(1)
    expect(ticks.length).toBeLessThan(8)
  })
})

describe('points', () => {
  const plane = planeOf([10, 20], { from: 0, to: 100 }, area, false)
  it('the nearest within reach is found', () => {
    expect(nearest(plane, [20, 80], [10, 20], xOf(plane, 80) + 3, yOf(plane, 20), 8)).toBe(1)
    expect(nearest(plane, [20, 80], [10, 20], xOf(plane, 50), yOf(plane, 20), 8)).toBe(-1)
  })
  it('nothing at all makes a plane too', () => {
    const empty = planeOf([], { from: 0, to: 1 }, area, true)
    expect(Number.isFinite(yOf(empty, 5))).toBe(true)
    expect(durationTicks(empty, 5).length).toBeLessThan(12)
  })
})

describe('lines of time', () => {
  it('stand on round minutes of the zone', () => {
    const from = Date.UTC(2026, 10, 23, 6, 7)
    const ticks = timeTicks({ from, to: from + 1_800_000 }, 6, 330)
    expect(ticks.length).toBeGreaterThan(2)
    for (const at of ticks) expect(((at / 60_000 + 330) % 5) + 0).toBe(0)
  })
})

it('a box holds what begins in it and lasts that long', () => {
  const box = { from: 100, to: 200, min: 10, max: 20 }
  expect([isWithin(box, 100, 10), isWithin(box, 199, 20), isWithin(box, 200, 15), isWithin(box, 150, 21)]).toEqual([true, true, false, false])
})

describe('arrow keys', () => {
  const starts = [30, 10, 20]
  const durations = [5, 9, 1]
  it('go by time to the sides and by duration up and down, from the longest on', () => {
    expect(stepPoint(starts, durations, -1, 'ArrowRight')).toBe(1)
    expect(stepPoint(starts, durations, 1, 'ArrowRight')).toBe(2)
    expect(stepPoint(starts, durations, 1, 'ArrowLeft')).toBe(1)
    expect(stepPoint(starts, durations, 2, 'ArrowUp')).toBe(0)
    expect(stepPoint(starts, durations, 0, 'ArrowDown')).toBe(2)
    expect(stepPoint(starts, durations, 0, 'a')).toBe(-1)
    expect(stepPoint([], [], -1, 'ArrowUp')).toBe(-1)
  })
  it('grow a box within the plane', () => {
    const plane = planeOf([100], { from: 0, to: 2400 }, { left: 0, top: 0, width: 240, height: 120 }, false)
    const start = { x: 230, y: 115 }
    const right = stepSpot(plane, start, 'ArrowRight')!
    expect(right).toEqual({ x: 240, y: 115 })
    expect(stepSpot(plane, right, 'ArrowRight')).toEqual(right)
    const up = stepSpot(plane, right, 'ArrowUp')!
    const box = boxBetween(plane, start, up)
    expect([box.from, box.to]).toEqual([2300, 2401])
    expect(box.min).toBeCloseTo((5 / 120) * 106)
    expect(box.max).toBeCloseTo((15 / 120) * 106)
    expect(stepSpot(plane, start, 'Enter')).toBeNull()
  })
})
