import { ARROW, pointOn, type Box } from '@/model'
import type { Palette, Scene, SceneEdge } from './scene'

type Context = OffscreenCanvasRenderingContext2D

/** Below this scale edges are straight lines without heads. */
const CURVED = 0.3

function colourOf(edge: SceneEdge, palette: Palette): string {
  if (edge.change === 'new') return palette.accent
  return edge.tone === 'bad' ? palette.bad : edge.tone === 'warn' ? palette.warn : palette.faint
}

function visible(edge: SceneEdge, box: Box): boolean {
  return edge.box.right >= box.left && edge.box.left <= box.right && edge.box.bottom >= box.top && edge.box.top <= box.bottom
}

function trace(context: Context, { curve }: SceneEdge, k: number): void {
  context.moveTo(curve[0]!, curve[1]!)
  if (k < CURVED) {
    context.lineTo(curve.at(-2)!, curve.at(-1)!)
    return
  }
  for (let i = 2; i + 5 < curve.length; i += 6) context.bezierCurveTo(curve[i]!, curve[i + 1]!, curve[i + 2]!, curve[i + 3]!, curve[i + 4]!, curve[i + 5]!)
}

function head(context: Context, { curve, width }: SceneEdge): void {
  const x = curve.at(-2)!
  const y = curve.at(-1)!
  const dx = x - curve.at(-4)!
  const dy = y - curve.at(-3)!
  const length = Math.hypot(dx, dy) || 1
  const [ux, uy] = [dx / length, dy / length]
  const half = Math.max(3.6, width * 0.5 + 2)
  context.moveTo(x - uy * half, y + ux * half)
  context.lineTo(x + ux * (ARROW + 1), y + uy * (ARROW + 1))
  context.lineTo(x + uy * half, y - ux * half)
  context.closePath()
}

/** Edges of one look share one path: a stroke costs more than the lines in it. */
export function paintEdges(context: Context, scene: Scene, places: Iterable<number>, palette: Palette, k: number, box: Box, strong: boolean): void {
  const looks = new Map<string, SceneEdge[]>()
  for (const place of places) {
    const edge = scene.edges[place]
    if (!edge || !visible(edge, box)) continue
    const look = `${colourOf(edge, palette)} ${edge.width} ${edge.change === 'gone'}`
    const list = looks.get(look)
    if (list) list.push(edge)
    else looks.set(look, [edge])
  }
  for (const list of looks.values()) {
    const first = list[0]!
    const plain = first.tone === 'plain' && first.change !== 'new'
    context.globalAlpha = first.change === 'gone' ? 0.5 : plain ? (strong ? 0.9 : 0.5) : 0.9
    context.strokeStyle = context.fillStyle = colourOf(first, palette)
    context.lineWidth = k < CURVED ? Math.max(first.width * 0.7, 0.5 / k) : first.width
    context.setLineDash(first.change === 'gone' ? [5, 4] : [])
    context.beginPath()
    for (const edge of list) trace(context, edge, k)
    context.stroke()
    if (k < CURVED) continue
    context.beginPath()
    for (const edge of list) head(context, edge)
    context.fill()
  }
  context.setLineDash([])
  context.globalAlpha = 1
}

/** What an edge carries, on a plate in the middle of it. */
export function paintEdgeLabels(context: Context, scene: Scene, places: Iterable<number>, palette: Palette, k: number, box: Box): void {
  const size = Math.max(11, 10.5 / k)
  context.font = `400 ${size}px ${palette.font}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  const taken: Box[] = []
  for (const place of places) {
    const edge = scene.edges[place]
    if (!edge || edge.label === '' || !visible(edge, box)) continue
    const half = { w: context.measureText(edge.label).width / 2 + size * 0.4, h: size * 0.75 }
    // Along the edge until no other plate is in the way.
    const spot = [0.5, 0.38, 0.62, 0.28, 0.72].map((share) => pointOn(edge.curve, share)).find(({ x, y }) => taken.every((other) => x + half.w < other.left || x - half.w > other.right || y + half.h < other.top || y - half.h > other.bottom))
    if (!spot) continue
    taken.push({ left: spot.x - half.w, right: spot.x + half.w, top: spot.y - half.h, bottom: spot.y + half.h })
    context.globalAlpha = 0.92
    context.fillStyle = palette.bg
    context.beginPath()
    context.roundRect(spot.x - half.w, spot.y - half.h, 2 * half.w, 2 * half.h, 4)
    context.fill()
    context.globalAlpha = 1
    context.fillStyle = edge.tone === 'bad' ? palette.bad : palette.muted
    context.fillText(edge.label, spot.x, spot.y + size * 0.05)
  }
}
