import { zone } from '../view/preferences'

const formatters = new Map<string, Intl.DateTimeFormat>()

function format(at: number, shape: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${shape} ${zone.value}`
  let formatter = formatters.get(key)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', { hourCycle: 'h23', ...options, ...(zone.value === '' ? {} : { timeZone: zone.value }) })
    formatters.set(key, formatter)
  }
  return formatter.format(at).replace(', ', ' ')
}

const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
const minute = { hour: '2-digit', minute: '2-digit' } as const
const second = { ...minute, second: '2-digit' } as const

/** "14:05", in the chosen zone. */
export const clock = (at: number): string => format(at, 'minute', minute)
/** "14:05:12". */
export const clockSeconds = (at: number): string => format(at, 'second', second)
/** "14:05:12.480". */
export const clockMillis = (at: number): string => format(at, 'milli', { ...second, fractionalSecondDigits: 3 })
/** "2026-11-23". */
export const date = (at: number): string => format(at, 'day', day)
/** "2026-11-23 14:05". */
export const dateClock = (at: number): string => `${date(at)} ${clock(at)}`
/** "2026-11-23 14:05:12". */
export const dateSeconds = (at: number): string => `${date(at)} ${clockSeconds(at)}`

/** "14:05" for today, else with the date. */
export function shortClock(at: number, now: number): string {
  return date(at) === date(now) ? clock(at) : dateClock(at)
}

/** "14:05 – 14:10", with as little of the dates as tells them apart. */
export function span(from: number, to: number, now: number): string {
  return date(from) === date(to) ? `${shortClock(from, now)} – ${clock(to)}` : `${dateClock(from)} – ${dateClock(to)}`
}

/** Offset of the chosen zone at an instant: "+08:00". */
export function offset(at: number): string {
  const minutes = offsetMinutes(at)
  const size = Math.abs(minutes)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

function fields(at: number): number[] {
  return (dateSeconds(at).match(/\d+/g) ?? []).map(Number)
}

/** Minutes that the clock of the chosen zone is ahead of UTC. */
export function offsetMinutes(at: number): number {
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = fields(at)
  return Math.round((Date.UTC(y, mo - 1, d, h, mi, s) - Math.floor(at / 1000) * 1000) / 60_000)
}

/** "2026-11-23T14:05", what a datetime-local field shows for an instant. */
export function toField(at: number): string {
  return `${date(at)}T${clock(at)}`
}

/** The instant of a datetime-local field in the chosen zone; null when it is not one. */
export function fromField(text: string): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(text)
  if (!parts) return null
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0] = parts.slice(1).map(Number)
  const asUtc = Date.UTC(y, mo - 1, d, h, mi)
  // The offset is that of the answer, not of the guess: twice settles it except in the hour that a change of clocks skips.
  const guess = asUtc - offsetMinutes(asUtc) * 60_000
  return asUtc - offsetMinutes(guess) * 60_000
}
