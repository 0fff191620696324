import type { Box, Camera } from '@/model'
import { paintEdgeLabels, paintEdges } from './edges'
import { nodeVisible, paintNode, paintRing } from './nodes'
import type { Asked, Drawn, Palette, Scene, Shot } from './scene'

/** Longest side of the picture of the whole, in pixels. */
const MAP = 2000
/** From this scale on edges say what they carry, where they are lit. */
const LABELS = 0.45

type Context = OffscreenCanvasRenderingContext2D

let scene: Scene = { nodes: [], edges: [], groups: [] }
let palette: Palette | null = null
let wanted: Shot | null = null
/** To the worker that shows what was drawn. */
let pictures: MessagePort | null = null
let planned = false
/** The picture without light or choice, which most pictures start from. */
let base: { canvas: OffscreenCanvas; of: string } | null = null
let version = 0

function opened(width: number, height: number): { canvas: OffscreenCanvas; context: Context } {
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width)), Math.max(1, Math.round(height)))
  const context = canvas.getContext('2d', { alpha: false })
  if (!context) throw new Error('no context for drawing')
  return { canvas, context }
}

function stand(context: Context, { x, y, k }: Camera, margin: number, ratio: number): void {
  context.setTransform(k * ratio, 0, 0, k * ratio, (x + margin) * ratio, (y + margin) * ratio)
}

function seen({ camera, width, height, margin }: Shot): Box {
  const { x, y, k } = camera
  return { left: (-margin - x) / k, top: (-margin - y) / k, right: (width + margin - x) / k, bottom: (height + margin - y) / k }
}

function paintGroups(context: Context, colours: Palette, k: number): void {
  for (const { name, box } of scene.groups) {
    context.beginPath()
    context.roundRect(box.left, box.top, box.right - box.left, box.bottom - box.top, 12)
    context.globalAlpha = 0.28
    context.fillStyle = colours.band
    context.fill()
    context.globalAlpha = 1
    context.lineWidth = 1
    context.strokeStyle = colours.line
    context.stroke()
    const size = Math.max(11, 10 / k)
    context.font = `600 ${size}px ${colours.font}`
    context.textAlign = 'left'
    context.textBaseline = 'alphabetic'
    context.fillStyle = colours.muted
    context.fillText(name, box.left + 10, box.top + size + 6)
  }
}

function paintAll(context: Context, colours: Palette, k: number, box: Box): void {
  paintGroups(context, colours, k)
  paintEdges(context, scene, scene.edges.keys(), colours, k, box, false)
  for (const node of scene.nodes) if (nodeVisible(node, box)) paintNode(context, node, colours, k)
}

function clear(context: Context, colours: Palette): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.fillStyle = colours.bg
  context.fillRect(0, 0, context.canvas.width, context.canvas.height)
}

function baseOf(shot: Shot, colours: Palette): OffscreenCanvas {
  const { camera, width, height, margin, ratio } = shot
  const of = JSON.stringify([version, camera, width, height, margin, ratio])
  if (base?.of === of) return base.canvas
  const { canvas, context } = opened((width + 2 * margin) * ratio, (height + 2 * margin) * ratio)
  clear(context, colours)
  stand(context, camera, margin, ratio)
  paintAll(context, colours, camera.k, seen(shot))
  base = { canvas, of }
  return canvas
}

function paint(shot: Shot, colours: Palette): ImageBitmap {
  const start = baseOf(shot, colours)
  const { canvas, context } = opened(start.width, start.height)
  context.drawImage(start, 0, 0)
  const { camera, lit, margin, ratio } = shot
  const { k } = camera
  const box = seen(shot)
  if (lit !== null) {
    context.globalAlpha = 0.74
    context.fillStyle = colours.bg
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.globalAlpha = 1
  }
  stand(context, camera, margin, ratio)
  const edges = [...(lit?.edges ?? []), ...(shot.chosenEdge >= 0 ? [shot.chosenEdge] : [])]
  paintEdges(context, scene, edges, colours, k, box, true)
  for (const place of lit?.nodes ?? []) {
    const node = scene.nodes[place]
    if (node && nodeVisible(node, box)) paintNode(context, node, colours, k, (lit?.nodes.length ?? 0) <= 40)
  }
  if (k >= LABELS) paintEdgeLabels(context, scene, shot.told, colours, k, box)
  const lights = new Set(lit?.nodes)
  const chosen = scene.nodes[shot.chosen]
  if (chosen) {
    if (!lights.has(shot.chosen)) paintNode(context, chosen, colours, k, true)
    paintRing(context, chosen, colours, false)
  }
  const focused = scene.nodes[shot.focused]
  if (focused) {
    if (!lights.has(shot.focused)) paintNode(context, focused, colours, k, true)
    paintRing(context, focused, colours, true)
  }
  return canvas.transferToImageBitmap()
}

/** The whole at once, coarse: it stands in wherever the camera moves before the next picture is there. */
function paintMap(colours: Palette): void {
  const box: Box = { left: 0, top: 0, right: 1, bottom: 1 }
  for (const { x, y } of scene.nodes) {
    box.left = Math.min(box.left, x - 120)
    box.right = Math.max(box.right, x + 120)
    box.top = Math.min(box.top, y - 90)
    box.bottom = Math.max(box.bottom, y + 90)
  }
  const scale = Math.min(1, MAP / (box.right - box.left), MAP / (box.bottom - box.top))
  const { canvas, context } = opened((box.right - box.left) * scale, (box.bottom - box.top) * scale)
  clear(context, colours)
  context.setTransform(scale, 0, 0, scale, -box.left * scale, -box.top * scale)
  paintAll(context, colours, scale, box)
  const map = canvas.transferToImageBitmap()
  answer({ map, box }, map)
}

function answer(drawn: Drawn, picture: ImageBitmap): void {
  pictures?.postMessage(drawn, [picture])
}

function work(): void {
  planned = false
  if (wanted === null || palette === null) return
  const shot = wanted
  wanted = null
  const picture = paint(shot, palette)
  answer({ picture, shot }, picture)
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  if ('pictures' in data) {
    pictures = data.pictures
    return
  }
  if ('scene' in data) {
    scene = data.scene
    palette = data.palette
    version++
    base = null
    paintMap(data.palette)
    return
  }
  wanted = data.shot
  // Only the last of those that came meanwhile is worth the work.
  if (!planned) setTimeout(work, 0)
  planned = true
}
