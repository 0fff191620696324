import type { Receiver } from '@/api'

export interface Reading {
  /** ms since the epoch, by this browser's clock. */
  at: number
  received: number
}

/** Between the oldest and the newest reading; null before there are two, or when the server started anew between. */
export function receivedPerSecond(readings: readonly Reading[]): number | null {
  const first = readings[0]
  const last = readings.at(-1)
  if (!first || !last || last.at - first.at < 1000 || last.received < first.received) return null
  return ((last.received - first.received) * 1000) / (last.at - first.at)
}

export function totals(receivers: readonly Receiver[]): { received: number; refused: number; dropped: number } {
  const sum = { received: 0, refused: 0, dropped: 0 }
  for (const one of receivers) {
    sum.received += one.received
    sum.refused += one.refused
    for (const { count } of one.dropped) sum.dropped += count
  }
  return sum
}
