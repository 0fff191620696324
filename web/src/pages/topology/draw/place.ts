import type { Box, Camera } from '@/model'
import type { Shot } from './scene'

/** Where a picture stands on the screen, in pixels of the device. */
export interface Place {
  x: number
  y: number
  width: number
  height: number
}

/** Where the picture of a shot stands while the camera is elsewhere. */
export function placePicture({ camera: of, width, height, margin, ratio }: Shot, { x, y, k }: Camera): Place {
  const s = (k / of.k) * ratio
  return { x: x * ratio - (margin + of.x) * s, y: y * ratio - (margin + of.y) * s, width: (width + 2 * margin) * s, height: (height + 2 * margin) * s }
}

/** Where the coarse picture of the whole stands. */
export function placeMap({ box }: { box: Box }, { x, y, k }: Camera, ratio: number): Place {
  return { x: (box.left * k + x) * ratio, y: (box.top * k + y) * ratio, width: (box.right - box.left) * k * ratio, height: (box.bottom - box.top) * k * ratio }
}
