import { expect, it } from 'vitest'
import { definitions, lineBefore, linesOf, scopeOf, shades } from './entityCharts'

const byPercentile = definitions.service[1]
const result = (series: [string, [number, number | null][]][]) => ({
  type: 'TIME_SERIES_VALUES',
  series: series.map(([p, points]) => ({ labels: { p }, ids: points.map(([at]) => String(at)), traces: [], values: points.map(([, value]) => value) })),
})

it('lines stand on the union of all times, with gaps where one has no value', () => {
  if (!byPercentile) throw new Error('no definition')
  const { times, lines } = linesOf(result([['50', [[60, 1], [120, 2]]], ['99', [[120, 9], [180, null]]]]), byPercentile)
  expect(times).toEqual([60, 120, 180])
  expect(lines.map((line) => [line.label, line.values])).toEqual([['p50', [1, 2, null]], ['p99', [null, 9, null]]])
})

it('what stands behind a service decides what is measured of it', () => {
  expect(scopeOf(['VIRTUAL_CACHE'])).toBe('cache')
  expect(scopeOf(['GENERAL', 'MESH'])).toBe('service')
  expect(scopeOf([])).toBe('service')
})

it('shades go from pale to strong and are all different', () => {
  expect(new Set(shades(5, false)).size).toBe(5)
  expect(shades(1, true)).toHaveLength(1)
})

it('an earlier period lies over the times of now, by its highest line', () => {
  const before = { times: [0, 60_000, 120_000], lines: [{ key: '50', label: 'p50', values: [1, 1, 1] }, { key: '99', label: 'p99', values: [7, null, 9] }] }
  expect(lineBefore([600_000, 660_000, 720_000], before, 600_000)).toEqual([7, null, 9])
  // A fixed range need not be whole steps long.
  expect(lineBefore([600_000, 660_000, 720_000], before, 650_000)).toEqual([null, 7, null])
  expect(lineBefore([600_000], { times: [0], lines: [{ key: '0', label: '', values: [null] }] }, 600_000)).toBeNull()
})
