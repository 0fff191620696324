import type { Reason } from '@/api'
import { spoken, type MeasureKind } from '../text/numbers'

/** Texts are `ui.reason.<rule>`; the value is told in the measure of its rule. */
const kinds: Record<string, MeasureKind> = { latency: 'duration', errors: 'percent', traffic: 'rate', apdex: 'score', dependency: 'percent' }

/** How many times its usual: "×3.1"; for what has no usual the value itself. */
export function reasonValue(reason: Reason): string {
  const { value, usual } = reason
  if (value === null) return ''
  if (reason.rule === 'latency' && usual !== null && usual > 0 && value / usual >= 1.1) {
    const times = value / usual
    return `×${times >= 10 ? Math.round(times) : times.toFixed(1)}`
  }
  return spoken(value, kinds[reason.rule] ?? 'count')
}

export function reasonUsual(reason: Reason): string {
  return reason.usual === null ? '' : spoken(reason.usual, kinds[reason.rule] ?? 'count')
}
