import type { Box } from './curves'
import type { Point } from './graph'
import { BOX } from './room'

/** How the plane stands on the screen: screen = plane * k + (x, y). */
export interface Camera {
  x: number
  y: number
  k: number
}

export const CLOSEST = 2.5
export const FARTHEST = 0.04

/** What all nodes with their texts lie in; null without any. */
export function boundsOf(points: Iterable<Point>): Box | null {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (const { x, y } of points) {
    box.left = Math.min(box.left, x - BOX.text / 2)
    box.right = Math.max(box.right, x + BOX.text / 2)
    box.top = Math.min(box.top, y - BOX.height / 2 + BOX.below)
    box.bottom = Math.max(box.bottom, y + BOX.height / 2 + BOX.below)
  }
  return box.left === Infinity ? null : box
}

export interface Frame {
  width: number
  height: number
  /** Kept free on each side. */
  insets: { left: number; top: number; right: number; bottom: number }
}

/** Shows the whole box in the middle of what is free, never larger than life. */
export function fit(box: Box | null, { width, height, insets }: Frame): Camera {
  const w = Math.max(40, width - insets.left - insets.right)
  const h = Math.max(40, height - insets.top - insets.bottom)
  const middle = { x: insets.left + w / 2, y: insets.top + h / 2 }
  if (box === null) return { ...middle, k: 1 }
  const k = Math.max(FARTHEST, Math.min(1.15, w / Math.max(1, box.right - box.left), h / Math.max(1, box.bottom - box.top)))
  return { x: middle.x - ((box.left + box.right) / 2) * k, y: middle.y - ((box.top + box.bottom) / 2) * k, k }
}

/** Closer by a factor, with what is under the point of the screen staying there. */
export function zoomAt({ x, y, k }: Camera, at: Point, factor: number): Camera {
  const next = Math.max(FARTHEST, Math.min(CLOSEST, k * factor))
  return { x: at.x - ((at.x - x) * next) / k, y: at.y - ((at.y - y) * next) / k, k: next }
}

export function toPlane({ x, y, k }: Camera, screen: Point): Point {
  return { x: (screen.x - x) / k, y: (screen.y - y) / k }
}

export function toScreen({ x, y, k }: Camera, plane: Point): Point {
  return { x: plane.x * k + x, y: plane.y * k + y }
}

/** Moved by as little as brings a point of the plane into what is free. */
export function reveal(camera: Camera, point: Point, { width, height, insets }: Frame): Camera {
  const at = toScreen(camera, point)
  const margin = 60
  const push = (value: number, low: number, high: number): number => (low > high ? (low + high) / 2 - value : value < low ? low - value : value > high ? high - value : 0)
  return { ...camera, x: camera.x + push(at.x, insets.left + margin, width - insets.right - margin), y: camera.y + push(at.y, insets.top + margin, height - insets.bottom - margin) }
}
