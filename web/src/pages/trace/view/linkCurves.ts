import { percentAt } from '../rows/scale'
import type { ShownTrace } from '../shown'

/** Most links that are drawn at once. */
const MOST = 60

interface Window {
  first: number
  last: number
  rowHeight: number
  /** Width of the scale of time in px. */
  width: number
}

/** Curves from the end of every further parent in sight to the start of the span that it also caused. */
export function linkCurves(shown: ShownTrace, window: Window): { top: number; height: number; paths: string[] } {
  const { trace, at, stretch } = shown
  const { arrays, header } = trace
  const top = window.first * window.rowHeight
  const paths: string[] = []
  const x = (ms: number): number => (percentAt(stretch, ms) / 100) * window.width
  const y = (index: number): number => (index + 0.5) * window.rowHeight - top
  const place = (row: number): number => {
    const own = at[row]!
    if (own >= 0) return own
    const server = arrays.server[row]!
    return server >= 0 ? at[server]! : -1
  }
  for (const link of header.links) {
    if (link.to < 0 || link.to === arrays.parent[link.row] || paths.length >= MOST) continue
    const from = place(link.to)
    const to = place(link.row)
    if (from < 0 || to < 0 || Math.max(from, to) < window.first || Math.min(from, to) >= window.last) continue
    const x1 = x(arrays.end[link.to]!)
    const x2 = x(arrays.start[link.row]!)
    const bend = Math.max(14, Math.min(60, Math.abs(x2 - x1) / 2))
    paths.push(`M${x1.toFixed(1)} ${y(from).toFixed(1)}C${(x1 + bend).toFixed(1)} ${y(from).toFixed(1)} ${(x2 - bend).toFixed(1)} ${y(to).toFixed(1)} ${x2.toFixed(1)} ${y(to).toFixed(1)}`)
  }
  return { top, height: (window.last - window.first) * window.rowHeight, paths }
}
