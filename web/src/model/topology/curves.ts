import type { Point } from './graph'

/** Radius of a node's circle. */
export const RADIUS = 19
/** Length of an arrow's head. */
export const ARROW = 7

/** One cubic curve behind the other: x0 y0, then for each c1x c1y c2x c2y x y. */
export type Curve = number[]

/** From the right of one circle to the left of the other, horizontal at both ends; the arrow's head fits behind its end. */
export function curveBetween(from: Point, to: Point, route: readonly Point[] = []): Curve {
  if (from === to) return loop(from)
  const start = { x: from.x + RADIUS + 3, y: from.y }
  const end = { x: to.x - RADIUS - ARROW - 2, y: to.y }
  if (end.x - start.x < 8) return around(from, to)
  const way = [start, ...(climbs(route, start.x, end.x) ? route : []), end]
  const curve = [start.x, start.y]
  for (let i = 1; i < way.length; i++) {
    const a = way[i - 1]!
    const b = way[i]!
    const middle = (a.x + b.x) / 2
    curve.push(middle, a.y, middle, b.y, b.x, b.y)
  }
  return curve
}

/** Whether the points still lie between the ends: nodes may have moved since. */
function climbs(route: readonly Point[], from: number, to: number): boolean {
  return route.every((point, i) => point.x > (route[i - 1]?.x ?? from) && point.x < to)
}

/** A call back to an earlier layer, or within one: out on the right, in from the left, past the nodes. */
function around(from: Point, to: Point): Curve {
  const start = { x: from.x + RADIUS + 3, y: from.y }
  const end = { x: to.x - RADIUS - ARROW - 2, y: to.y }
  const reach = 60 + Math.min(80, Math.abs(start.x - end.x) / 4)
  const flat = Math.abs(from.y - to.y) < 40
  const over = flat ? Math.min(from.y, to.y) - 62 : (from.y + to.y) / 2
  const middle = (start.x + end.x) / 2
  return [start.x, start.y, start.x + reach, start.y, start.x + reach, over, middle, over, end.x - reach, over, end.x - reach, end.y, end.x, end.y]
}

/** A call to itself, above the circle. */
function loop(at: Point): Curve {
  const x = at.x + RADIUS * 0.75
  const y = at.y - RADIUS * 0.75
  return [x, y, x + 26, y - 34, at.x - RADIUS - 40, y - 34, at.x - RADIUS - ARROW, at.y - 6]
}

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

/** What the curve's points of control lie in; the curve does as well. */
export function boxOf(curve: Curve): Box {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (let i = 0; i + 1 < curve.length; i += 2) {
    box.left = Math.min(box.left, curve[i]!)
    box.right = Math.max(box.right, curve[i]!)
    box.top = Math.min(box.top, curve[i + 1]!)
    box.bottom = Math.max(box.bottom, curve[i + 1]!)
  }
  return box
}

function cubic(a: number, b: number, c: number, d: number, t: number): number {
  const u = 1 - t
  return u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d
}

/** A point of the curve, by its share of the way: 0 at the start, 1 at the end. */
export function pointOn(curve: Curve, share: number): Point {
  const parts = (curve.length - 2) / 6
  const part = Math.min(parts - 1, Math.floor(share * parts))
  const t = share * parts - part
  const i = part * 6
  return { x: cubic(curve[i]!, curve[i + 2]!, curve[i + 4]!, curve[i + 6]!, t), y: cubic(curve[i + 1]!, curve[i + 3]!, curve[i + 5]!, curve[i + 7]!, t) }
}

const STEPS = 16

/** Distance of a point from the curve, to about a pixel. */
export function distanceTo(curve: Curve, point: Point): number {
  const steps = ((curve.length - 2) / 6) * STEPS
  let least = Infinity
  let a = pointOn(curve, 0)
  for (let i = 1; i <= steps; i++) {
    const b = pointOn(curve, i / steps)
    const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2
    const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / length))
    least = Math.min(least, Math.hypot(a.x + t * (b.x - a.x) - point.x, a.y + t * (b.y - a.y) - point.y))
    a = b
  }
  return least
}
