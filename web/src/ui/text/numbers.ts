/** A number as text and its unit, which is shown small and faint behind it. */
export interface Measure {
  text: string
  unit: string
}

export type MeasureKind = 'duration' | 'rate' | 'percent' | 'count' | 'bytes' | 'score'

/** Shown where there is no data. */
export const NOTHING: Measure = { text: '–', unit: '' }

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** Three figures that matter: 1234 -> "1,234", 12.34 -> "12.3", 0.0123 -> "0.012"; below a thousandth "<0.001". */
export function figures(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 99.95) return grouped.format(value)
  if (size >= 9.995) return trim(value.toFixed(1))
  if (size >= 0.9995) return trim(value.toFixed(2))
  if (size >= 0.001) return trim(value.toFixed(3))
  return value < 0 ? '>−0.001' : '<0.001'
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text
}

/** Two figures below ten, whole numbers above: what a glance takes in. */
function coarse(value: number): string {
  const size = Math.abs(value)
  return size >= 9.95 ? grouped.format(value) : size >= 0.095 ? trim(value.toFixed(1)) : figures(value)
}

/** `ms` -> µs, ms, s, min or h. */
export function duration(ms: number): Measure {
  const size = Math.abs(ms)
  if (size === 0) return { text: '0', unit: 'ms' }
  if (size < 1) return { text: coarse(ms * 1000), unit: 'µs' }
  if (size < 999.5) return { text: coarse(ms), unit: 'ms' }
  if (size < 60_000) return { text: figures(ms / 1000), unit: 's' }
  if (size < 3_600_000) return { text: figures(ms / 60_000), unit: 'min' }
  return { text: figures(ms / 3_600_000), unit: 'h' }
}

/** Calls per minute -> per second, or per minute where there are fewer than one a second. */
export function rate(cpm: number): Measure {
  return Math.abs(cpm) >= 60 || cpm === 0 ? { text: coarse(cpm / 60), unit: '/s' } : { text: coarse(cpm), unit: '/min' }
}

/** 0..100; two places, so that 0.02 and 0 are told apart. */
export function percent(value: number): Measure {
  const size = Math.abs(value)
  if (size !== 0 && size < 0.005) return { text: '<0.01', unit: '%' }
  return { text: size >= 99.995 || size === 0 ? trim(value.toFixed(2)) : size >= 10 ? value.toFixed(1) : value.toFixed(2), unit: '%' }
}

/** 41820 -> "41,820"; from a million on shortened. */
export function count(value: number): Measure {
  const size = Math.abs(value)
  if (size < 1e6) return { text: grouped.format(value), unit: '' }
  if (size < 1e9) return { text: figures(value / 1e6), unit: 'M' }
  return { text: figures(value / 1e9), unit: 'G' }
}

/** Powers of 1000, as disks are sold. */
export function bytes(value: number): Measure {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let step = 0
  let rest = value
  while (Math.abs(rest) >= 999.5 && step < units.length - 1) {
    rest /= 1000
    step++
  }
  return { text: figures(step === 0 ? Math.round(rest) : rest), unit: units[step] ?? 'B' }
}

/** Apdex and other numbers between 0 and 1. */
export function score(value: number): Measure {
  return { text: value.toFixed(2), unit: '' }
}

const kinds: Record<MeasureKind, (value: number) => Measure> = { duration, rate, percent, count, bytes, score }

export function measure(value: number | null | undefined, kind: MeasureKind): Measure {
  return value === null || value === undefined || !Number.isFinite(value) ? NOTHING : kinds[kind](value)
}

/** In one piece, for labels and titles: "1.62 s", "0.61 %", "96/s". */
export function spoken(value: number | null | undefined, kind: MeasureKind): string {
  const { text, unit } = measure(value, kind)
  return unit === '' ? text : unit.startsWith('/') ? text + unit : `${text} ${unit}`
}

/** "+3 %", "−0.4 %": a change with its sign, and a real minus. */
export function signed(text: string, value: number): string {
  return value > 0 ? `+${text}` : text.replace(/^-/, '−')
}
