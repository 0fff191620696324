/** A part of a scatter: starts in ms since 1970 (`to` exclusive) and durations in ms (both included). */
export interface Box {
  from: number
  to: number
  min: number
  max: number
}

export const isWithin = (box: Box, start: number, duration: number): boolean => start >= box.from && start < box.to && duration >= box.min && duration <= box.max

/** The plane of the scatter in px, and what it shows. */
export interface Plane {
  left: number
  top: number
  width: number
  height: number
  from: number
  to: number
  /** Longest duration that is shown, in ms. */
  longest: number
  /** Shortest that a logarithmic scale shows; 0 for a linear one. */
  shortest: number
}

/** Below this a logarithmic scale ends, in ms. */
const LEAST = 0.1

/** A plane that holds all durations with a little room above. */
export function planeOf(durations: readonly number[], stretch: { from: number; to: number }, area: { left: number; top: number; width: number; height: number }, log: boolean): Plane {
  let longest = 0
  let shortest = Infinity
  for (const duration of durations) {
    longest = Math.max(longest, duration)
    if (duration > 0) shortest = Math.min(shortest, duration)
  }
  longest = longest > 0 ? longest * 1.06 : 1
  return { ...area, ...stretch, longest, shortest: log ? Math.max(LEAST, Math.min(shortest * 0.8, longest / 10)) : 0 }
}

export const xOf = (plane: Plane, at: number): number => plane.left + ((at - plane.from) / (plane.to - plane.from)) * plane.width

export function yOf(plane: Plane, duration: number): number {
  const share = plane.shortest > 0 ? Math.log(Math.max(duration, plane.shortest) / plane.shortest) / Math.log(plane.longest / plane.shortest) : duration / plane.longest
  return plane.top + plane.height * (1 - Math.min(1, share))
}

export const timeAt = (plane: Plane, x: number): number => plane.from + ((Math.max(plane.left, Math.min(plane.left + plane.width, x)) - plane.left) / plane.width) * (plane.to - plane.from)

/** Duration at a height; the lower edge of a logarithmic scale stands for 0, so that a box down to it misses nothing. */
export function durationAt(plane: Plane, y: number): number {
  const share = 1 - (Math.max(plane.top, Math.min(plane.top + plane.height, y)) - plane.top) / plane.height
  if (plane.shortest === 0) return share * plane.longest
  return share <= 0 ? 0 : plane.shortest * (plane.longest / plane.shortest) ** share
}

/** Index of the point next to a place, -1 when none is within `reach` px. */
export function nearest(plane: Plane, starts: readonly number[], durations: readonly number[], x: number, y: number, reach: number): number {
  let best = -1
  let least = reach * reach
  for (let i = 0; i < starts.length; i++) {
    const dx = xOf(plane, starts[i]!) - x
    if (dx > reach || dx < -reach) continue
    const dy = yOf(plane, durations[i]!) - y
    const distance = dx * dx + dy * dy
    if (distance <= least) {
      least = distance
      best = i
    }
  }
  return best
}

export interface Spot {
  x: number
  y: number
}

/** The box between two places of the plane. */
export function boxBetween(plane: Plane, a: Spot, b: Spot): Box {
  const times = [timeAt(plane, a.x), timeAt(plane, b.x)]
  const durations = [durationAt(plane, a.y), durationAt(plane, b.y)]
  return { from: Math.floor(Math.min(...times)), to: Math.ceil(Math.max(...times)) + 1, min: Math.min(...durations), max: Math.max(...durations) }
}

const ARROWS: Record<string, Spot | undefined> = { ArrowLeft: { x: -1, y: 0 }, ArrowRight: { x: 1, y: 0 }, ArrowUp: { x: 0, y: -1 }, ArrowDown: { x: 0, y: 1 } }

/** A step of an arrow key within the plane: a 24th of its width, a 12th of its height; null for other keys. */
export function stepSpot({ left, top, width, height }: Plane, { x, y }: Spot, key: string): Spot | null {
  const arrow = ARROWS[key]
  if (!arrow) return null
  return { x: Math.max(left, Math.min(left + width, x + (arrow.x * width) / 24)), y: Math.max(top, Math.min(top + height, y + (arrow.y * height) / 12)) }
}

/** The point that an arrow key goes to: left and right by time, up and down by duration; -1 for other keys. Without one it begins with the longest. */
export function stepPoint(starts: readonly number[], durations: readonly number[], from: number, key: string): number {
  const arrow = ARROWS[key]
  if (!arrow || starts.length === 0) return -1
  const by = arrow.x === 0 ? durations : starts
  const order = by.map((_, i) => i).sort((a, b) => by[a]! - by[b]! || a - b)
  if (from < 0 || from >= starts.length) return durations.reduce((best, one, i) => (one > durations[best]! ? i : best), 0)
  const next = order.indexOf(from) + (arrow.x === 0 ? -arrow.y : arrow.x)
  return order[Math.max(0, Math.min(order.length - 1, next))]!
}

/** Durations for the lines of the plane: round steps, or powers of ten. */
export function durationTicks(plane: Plane, most: number): number[] {
  const found: number[] = []
  if (plane.shortest > 0) {
    for (let at = 10 ** Math.ceil(Math.log10(plane.shortest)); at <= plane.longest && found.length < 12; at *= 10) found.push(at)
    return found
  }
  const step = roundStep(plane.longest / most)
  for (let i = 1; i * step <= plane.longest && found.length < 12; i++) found.push(i * step)
  return found
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return [1, 2, 5, 10].find((factor) => factor * power >= least * 0.999)! * power
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].map((seconds) => seconds * 1000)

/** Instants for the lines of the plane, on round minutes of a zone that is `offset` minutes ahead of UTC. */
export function timeTicks({ from, to }: Pick<Plane, 'from' | 'to'>, most: number, offset: number): number[] {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? Math.ceil((to - from) / most)
  const shift = offset * 60_000
  const found: number[] = []
  for (let at = Math.ceil((from + shift) / step) * step - shift; at < to && found.length <= most; at += step) found.push(at)
  return found
}
