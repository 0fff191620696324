import { COLUMNS, LIMITS, type Place } from './format'

export type Placed = Place & { id: string }

export function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/** Inside the columns, no wider than them. */
export function clampPlace(place: Place, least: { w: number; h: number }): Place {
  const w = Math.min(COLUMNS, Math.max(least.w, Math.round(place.w)))
  const h = Math.min(LIMITS.height, Math.max(least.h, Math.round(place.h)))
  return { w, h, x: Math.min(COLUMNS - w, Math.max(0, Math.round(place.x))), y: Math.min(LIMITS.rows, Math.max(0, Math.round(place.y))) }
}

/**
 * All in their columns, each as high as those above it allow. Where two claim a place, `first` gets it, then the one that
 * stood higher and further left. The order of the list stays.
 */
export function settle<T extends Placed>(items: readonly T[], first?: string): T[] {
  const rank = (one: T): number => (one.id === first ? 0 : 1)
  const order = [...items].sort((a, b) => a.y - b.y || rank(a) - rank(b) || a.x - b.x)
  const done: T[] = []
  const free = (place: Place): boolean => done.every((other) => !overlap(place, other))
  const places = new Map<string, T>()
  for (const one of order) {
    const next = { ...one }
    while (!free(next)) next.y++
    while (next.y > 0 && free({ ...next, y: next.y - 1 })) next.y--
    done.push(next)
    places.set(one.id, next)
  }
  return items.map((one) => places.get(one.id) ?? one)
}

/** One of them at another place or of another size; the others make room. */
export function put<T extends Placed>(items: readonly T[], id: string, change: Partial<Place>, least: { w: number; h: number }): T[] {
  return settle(items.map((one) => (one.id === id ? { ...one, ...clampPlace({ ...one, ...change }, least) } : one)), id)
}

/** The highest, then leftmost place where something of this size fits between the others. */
export function firstFree(items: readonly Placed[], size: { w: number; h: number }): Place {
  const bottom = items.reduce((most, one) => Math.max(most, one.y + one.h), 0)
  for (let y = 0; y < bottom; y++) {
    for (let x = 0; x + size.w <= COLUMNS; x++) {
      const place = { x, y, ...size }
      if (items.every((other) => !overlap(place, other))) return place
    }
  }
  return { x: 0, y: bottom, ...size }
}

/** Reading order: by row, then by column. */
export function inOrder<T extends Place>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => a.y - b.y || a.x - b.x)
}
