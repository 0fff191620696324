import type { Neighbour, ServiceStatus } from '@/api'

/** Neighbours of one side that the map shows; the tables have all. */
export const SHOWN = 6
/** Errors in per cent from which on a call is at risk, and failing. */
const RISK = 1
const FAILING = 5

/** The busiest first; of those that are left out, how many. */
export function busiest(rows: readonly Neighbour[]): { shown: Neighbour[]; rest: number } {
  const shown = rows.toSorted((a, b) => (b.cpm ?? -1) - (a.cpm ?? -1)).slice(0, SHOWN)
  return { shown, rest: rows.length - shown.length }
}

/** State of the calls, which a neighbour may not share. */
export function callStatus({ errors }: Pick<Neighbour, 'errors'>): ServiceStatus {
  return (errors ?? 0) >= FAILING ? 'failing' : (errors ?? 0) >= RISK ? 'risk' : 'ok'
}

/** A curve from the middle of row `from` to that of row `to`, in a box of width 100; rows count from the middle of the side. */
export function curve(from: number, to: number): string {
  return `M0 ${from}C50 ${from} 50 ${to} 100 ${to}`
}

/** Middles of `count` rows of a height, in the middle of a box. */
export function middles(count: number, row: number, height: number): number[] {
  return Array.from({ length: count }, (_, i) => height / 2 + (i - (count - 1) / 2) * row)
}
