export type Level = number | null | readonly (number | null)[]

export interface SparkShape {
  line: string
  /** Closed area of what is usual; empty without one. */
  band: string
  /** The last point, null without any. */
  end: { x: number; y: number } | null
  /** Points that stand alone between gaps. */
  dots: { x: number; y: number }[]
}

const at = (level: Level, i: number): number | null => (typeof level === 'object' && level !== null ? (level[i] ?? null) : level)
const round = (value: number): string => String(Math.round(value * 10) / 10)

/**
 * Shape of a small line in a box. The scale covers line and band; it starts at zero unless `tight`, since a line that
 * fills its box tells nothing about how much it moves. Gaps stay gaps.
 */
export function sparkShape(points: readonly (number | null)[], low: Level, high: Level, width: number, height: number, tight = false): SparkShape {
  const values: number[] = []
  for (let i = 0; i < points.length; i++) for (const v of [points[i] ?? null, at(low, i), at(high, i)]) if (v !== null && Number.isFinite(v)) values.push(v)
  if (values.length === 0) return { line: '', band: '', end: null, dots: [] }
  // Some air above: a line along the edge of its box cannot be told from one that left it.
  const max = Math.max(...values) * (tight ? 1 : 1.12)
  const min = tight ? Math.min(...values) : Math.min(0, ...values)
  const pad = 2.5
  const x = (i: number): number => (points.length === 1 ? width / 2 : pad + (i * (width - 2 * pad)) / (points.length - 1))
  const y = (v: number): number => (max === min ? (tight ? height / 2 : height - pad) : height - pad - ((v - min) / (max - min)) * (height - 2 * pad))

  let line = ''
  let end: SparkShape['end'] = null
  const dots: SparkShape['dots'] = []
  for (let i = 0; i < points.length; i++) {
    const v = points[i] ?? null
    if (v === null || !Number.isFinite(v)) continue
    const open = i === 0 || (points[i - 1] ?? null) === null
    line += `${open ? 'M' : 'L'}${round(x(i))} ${round(y(v))}`
    end = { x: x(i), y: y(v) }
    if (open && (points[i + 1] ?? null) === null) dots.push(end)
  }
  return { line, band: bandPath(points.length, low, high, x, y), end, dots }
}

function bandPath(length: number, low: Level, high: Level, x: (i: number) => number, y: (v: number) => number): string {
  let path = ''
  let run: number[] = []
  const close = (): void => {
    if (run.length > 1) {
      const top = run.map((i) => `${round(x(i))} ${round(y(at(high, i) ?? 0))}`)
      const bottom = run.reverse().map((i) => `${round(x(i))} ${round(y(at(low, i) ?? 0))}`)
      path += `M${[...top, ...bottom].join('L')}Z`
    }
    run = []
  }
  for (let i = 0; i < length; i++) {
    if (at(low, i) === null || at(high, i) === null) close()
    else run.push(i)
  }
  close()
  return path
}
