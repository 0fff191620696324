import type { Cause, Reason } from '@/api'
import { spoken, type MeasureKind } from '../text/numbers'

/** What the value of a rule is measured in, by the first word of its name; the rules are those of docs/user/overview.md. */
const kinds: Record<string, MeasureKind> = { latency: 'duration', errors: 'percent', endpoint: 'percent', traffic: 'rate', apdex: 'score' }
/** Rules that are told as a multiple of the usual. */
const multiples = new Set(['latency', 'traffic'])

const family = (reason: Reason): string => reason.rule.split('-')[0] ?? ''

/** How many times its usual: "×3.1"; for what has no usual the value itself. */
export function reasonValue(reason: Reason): string {
  const { value, usual } = reason
  const kind = kinds[family(reason)]
  if (value === null || kind === undefined) return ''
  if (multiples.has(family(reason)) && usual !== null && usual > 0) {
    const times = value / usual
    return `×${times >= 10 ? Math.round(times) : times.toFixed(1)}`
  }
  return spoken(value, kind)
}

export function reasonUsual(reason: Reason): string {
  const kind = kinds[family(reason)]
  return reason.usual === null || kind === undefined ? '' : spoken(reason.usual, kind)
}

/** Whom reasons come from, each once, with the largest of its shares first. */
export function causesOf(reasons: readonly Reason[]): Cause[] {
  const found = new Map<string, Cause>()
  for (const { because } of reasons) if (because && because.share > (found.get(because.id)?.share ?? -1)) found.set(because.id, because)
  return [...found.values()].sort((a, b) => b.share - a.share)
}
