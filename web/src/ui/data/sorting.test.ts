import { expect, it } from 'vitest'
import { formatSorting, parseSorting, sortRows } from './sorting'

it('what has no value comes last in both directions', () => {
  const rows = [3, null, 1, Number.NaN, 2]
  expect(sortRows(rows, (v) => v, false).slice(0, 3)).toEqual([1, 2, 3])
  expect(sortRows(rows, (v) => v, true).slice(0, 3)).toEqual([3, 2, 1])
})

it('equal rows keep their order', () => {
  const rows = [{ k: 1, n: 'a' }, { k: 0, n: 'b' }, { k: 1, n: 'c' }]
  expect(sortRows(rows, (row) => row.k, true).map((row) => row.n)).toEqual(['a', 'c', 'b'])
})

it('names sort as people count', () => {
  expect(sortRows(['pod-10', 'pod-9'], (v) => v, false)).toEqual(['pod-9', 'pod-10'])
})

it('stands in an address and comes back', () => {
  const standard = { key: 'name', descending: false }
  expect(parseSorting(formatSorting({ key: 'p99', descending: true }), standard)).toEqual({ key: 'p99', descending: true })
  expect(parseSorting('', standard)).toBe(standard)
})
