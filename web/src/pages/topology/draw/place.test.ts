import { expect, test } from 'vitest'
import { toScreen, type Camera } from '@/model'
import { placeMap, placePicture } from './place'
import type { Shot } from './scene'

const shot: Shot = { camera: { x: 40, y: -30, k: 0.5 }, width: 800, height: 600, margin: 100, ratio: 2, ground: '', lit: null, told: [], chosen: -1, chosenEdge: -1, focused: -1 }

test('a picture at rest stands on whole pixels, its margin outside', () => {
  expect(placePicture(shot, shot.camera)).toEqual({ x: -200, y: -200, width: 2000, height: 1600 })
})

test('a point of a moved picture stands where the camera sees it', () => {
  const camera: Camera = { x: -120, y: 75, k: 0.8 }
  const point = { x: 300, y: 220 }
  const seen = toScreen(camera, point)
  const place = placePicture(shot, camera)
  const drawn = toScreen(shot.camera, point)
  const share = { x: (drawn.x + shot.margin) / (shot.width + 2 * shot.margin), y: (drawn.y + shot.margin) / (shot.height + 2 * shot.margin) }
  expect(place.x + share.x * place.width).toBeCloseTo(seen.x * shot.ratio)
  expect(place.y + share.y * place.height).toBeCloseTo(seen.y * shot.ratio)

  const box = { left: -50, top: -20, right: 950, bottom: 780 }
  const map = placeMap({ box }, camera, shot.ratio)
  expect(map.x + ((point.x - box.left) / (box.right - box.left)) * map.width).toBeCloseTo(seen.x * shot.ratio)
  expect(map.y + ((point.y - box.top) / (box.bottom - box.top)) * map.height).toBeCloseTo(seen.y * shot.ratio)
})
