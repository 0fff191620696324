import type { OverviewService } from '@/api'

export interface Counts {
  failing: number
  risk: number
  idle: number
  all: number
  instances: number
}

export function countStates(services: readonly OverviewService[]): Counts {
  const counts: Counts = { failing: 0, risk: 0, idle: 0, all: services.length, instances: 0 }
  for (const one of services) {
    counts.instances += one.instances
    if (one.status !== 'ok') counts[one.status]++
  }
  return counts
}

/** What the page has found, as the key of its text. */
export function finding(counts: Counts): 'failingAndRisk' | 'failing' | 'risk' | 'idle' | 'well' {
  if (counts.failing > 0) return counts.risk > 0 ? 'failingAndRisk' : 'failing'
  if (counts.risk > 0) return 'risk'
  return counts.idle === counts.all ? 'idle' : 'well'
}

/** Change against a former value in per cent; null where there is nothing to compare with. */
export function changeInPercent(now: number | null, before: number | null): number | null {
  return now === null || before === null || before === 0 ? null : ((now - before) / before) * 100
}

/** Whether a line ends outside what is usual, above it. */
export function aboveUsual(now: number | null, high: number | null | readonly (number | null)[]): boolean {
  const limit = typeof high === 'object' && high !== null ? (high.findLast((value) => value !== null) ?? null) : high
  return now !== null && limit !== null && now > limit
}
