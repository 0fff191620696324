/** Rows in sight, with `overscan` more on both sides; `last` exclusive. */
export function windowOf(top: number, height: number, rowHeight: number, count: number, overscan: number): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - overscan))
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + overscan)
  return { first, last: Math.max(first, last) }
}
