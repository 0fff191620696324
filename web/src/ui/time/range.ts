/** What the page shows: the last so many minutes, or a fixed stretch (ms since the epoch, `to` exclusive). */
export type Range = { kind: 'last'; minutes: number } | { kind: 'fixed'; from: number; to: number }

/** A stretch in ms since the epoch; `to` exclusive. */
export interface Instants {
  from: number
  to: number
}

export type Comparison = 'none' | 'previous' | 'day'
export const comparisons: readonly Comparison[] = ['none', 'previous', 'day']

export const MINUTE = 60_000
/** The server answers for at most this long. */
export const LONGEST = 31 * 24 * 60 * MINUTE
export const DEFAULT_RANGE: Range = { kind: 'last', minutes: 30 }
/** Minutes offered by the picker. */
export const PRESETS = [15, 30, 60, 180, 360, 720, 1440, 2880, 10_080] as const

const unitMinutes: Record<string, number> = { m: 1, h: 60, d: 1440 }

/** "30m", "6h", "7d" -> minutes; null when it is none of these or longer than 31 days. */
export function parseLast(text: string): number | null {
  const parts = /^(\d{1,5})([mhd])$/.exec(text)
  if (!parts) return null
  const minutes = Number(parts[1]) * (unitMinutes[parts[2] ?? ''] ?? 0)
  return minutes >= 1 && minutes * MINUTE <= LONGEST ? minutes : null
}

export function formatLast(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440}d`
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}

/** The parameters of an address; anything that does not parse is the default. */
export function parseRange(last: string | null, from: string | null, to: string | null): Range {
  if (from !== null && to !== null) {
    const range = { kind: 'fixed' as const, from: Number(from), to: Number(to) }
    if (Number.isFinite(range.from) && Number.isFinite(range.to) && range.from >= 0 && range.to > range.from && range.to <= 8.64e15) return clampFixed(range.from, range.to)
  }
  const minutes = last === null ? null : parseLast(last)
  return minutes === null ? DEFAULT_RANGE : { kind: 'last', minutes }
}

export function clampFixed(from: number, to: number): Range {
  return { kind: 'fixed', from: Math.max(Math.round(from), Math.round(to) - LONGEST), to: Math.round(to) }
}

export function rangeQuery(range: Range): Record<'last' | 'from' | 'to', string | null> {
  if (range.kind === 'fixed') return { last: null, from: String(range.from), to: String(range.to) }
  const standard = DEFAULT_RANGE.kind === 'last' && DEFAULT_RANGE.minutes === range.minutes
  return { last: standard ? null : formatLast(range.minutes), from: null, to: null }
}

export function resolve(range: Range, now: number): Instants {
  return range.kind === 'fixed' ? { from: range.from, to: range.to } : { from: now - range.minutes * MINUTE, to: now }
}

/** One length of the range earlier (-1) or later (1); never beyond now. */
export function shift(range: Range, direction: -1 | 1, now: number): Range {
  const { from, to } = resolve(range, now)
  const by = direction * (to - from)
  if (to + by >= now) return range.kind === 'last' ? range : { kind: 'fixed', from: now - (to - from), to: now }
  return { kind: 'fixed', from: Math.round(from + by), to: Math.round(to + by) }
}

/** Twice as long about the same middle; never beyond now. */
export function widen(range: Range, now: number): Range {
  if (range.kind === 'last') return { kind: 'last', minutes: Math.min(range.minutes * 2, LONGEST / MINUTE) }
  const half = (range.to - range.from) / 2
  const to = Math.min(range.to + half, Math.max(now, range.to))
  return clampFixed(Math.max(0, to - 4 * half), to)
}

/** The stretch that the comparison looks at. */
export function comparedWith(instants: Instants, comparison: Comparison): Instants | null {
  if (comparison === 'none') return null
  const by = comparison === 'day' ? 1440 * MINUTE : instants.to - instants.from
  return { from: instants.from - by, to: instants.to - by }
}

/** How often live data is asked for again: often for short ranges, seldom where a step is an hour. */
export function refreshEvery(range: Range): number {
  if (range.kind === 'fixed') return 0
  return range.minutes <= 60 ? 15_000 : range.minutes <= 360 ? 30_000 : 60_000
}
