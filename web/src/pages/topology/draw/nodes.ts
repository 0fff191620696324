import { BOX, RADIUS, type Box } from '@/model'
import { paintGlyph } from './glyphs'
import type { Palette, SceneNode } from './scene'

type Context = OffscreenCanvasRenderingContext2D

/** Scales from which on a node has its ring and sign, its name, and its figures. */
const RING = 0.2
const NAME = 0.4
const NOTE = 0.62
const TURN = 2 * Math.PI
/** Smallest share of the ring that can still be seen. */
const LEAST = 0.035

const cuts = new Map<string, string>()
const CUTS = 4000

/** The text, or as much of it as fits with an ellipsis: the end of a name tells more than its middle. */
function cut(context: Context, text: string, width: number): string {
  const key = `${context.font} ${width} ${text}`
  const known = cuts.get(key)
  if (known !== undefined) return known
  let shown = text
  if (context.measureText(text).width > width) {
    let low = 1
    let high = text.length
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle
      else high = middle - 1
    }
    shown = `${text.slice(0, low)}…`
  }
  if (cuts.size > CUTS) cuts.clear()
  cuts.set(key, shown)
  return shown
}

export function nodeVisible({ x, y }: { x: number; y: number }, box: Box): boolean {
  return x + BOX.width >= box.left && x - BOX.width <= box.right && y + BOX.height >= box.top && y - BOX.height <= box.bottom
}

function statusColour({ status }: SceneNode, palette: Palette): string {
  return { failing: palette.bad, risk: palette.warn, ok: palette.ok, idle: palette.faint }[status]
}

function circle(context: Context, x: number, y: number, radius: number): void {
  context.beginPath()
  context.arc(x, y, radius, 0, TURN)
}

/** Share of success as a ring: what failed is red, from the top on. What does not report itself has a dashed one. */
function ring(context: Context, node: SceneNode, palette: Palette): void {
  const virtual = node.kind !== 'service' && node.kind !== 'group'
  const { x, y } = node
  circle(context, x, y, RADIUS)
  context.fillStyle = palette.surface
  context.fill()
  context.lineWidth = virtual ? 1.5 : 3
  context.strokeStyle = virtual ? palette.faint : node.errors === null || node.status === 'idle' ? palette.faint : palette.ok
  context.setLineDash(virtual ? [4, 3] : [])
  context.stroke()
  context.setLineDash([])
  if (node.errors === null || node.errors <= 0) return
  const share = Math.max(LEAST, Math.min(1, node.errors / 100))
  context.beginPath()
  context.arc(x, y, RADIUS, -TURN / 4, -TURN / 4 + share * TURN)
  context.lineWidth = 3.4
  context.strokeStyle = palette.bad
  context.stroke()
}

/** Triangle at risk, diamond failing, at the shoulder of the circle. */
function mark(context: Context, node: SceneNode, palette: Palette): void {
  if (node.status !== 'failing' && node.status !== 'risk') return
  const x = node.x + RADIUS * 0.74
  const y = node.y - RADIUS * 0.74
  context.beginPath()
  if (node.status === 'failing') {
    context.moveTo(x, y - 6.5)
    context.lineTo(x + 6.5, y)
    context.lineTo(x, y + 6.5)
    context.lineTo(x - 6.5, y)
  } else {
    context.moveTo(x, y - 6.5)
    context.lineTo(x + 6.5, y + 5)
    context.lineTo(x - 6.5, y + 5)
  }
  context.closePath()
  context.lineJoin = 'round'
  context.strokeStyle = palette.bg
  context.lineWidth = 4
  context.stroke()
  context.fillStyle = statusColour(node, palette)
  context.fill()
}

function texts(context: Context, node: SceneNode, palette: Palette, k: number): void {
  context.textAlign = 'center'
  context.textBaseline = 'alphabetic'
  const size = Math.max(12.5, 11 / k)
  context.font = `500 ${size}px ${palette.font}`
  context.fillStyle = palette.text
  context.fillText(cut(context, node.name, BOX.text), node.x, node.y + RADIUS + 5 + size)
  if (k < NOTE || node.note === '') return
  const small = Math.max(11, 9.5 / k)
  context.font = `400 ${small}px ${palette.font}`
  context.fillStyle = palette.muted
  context.fillText(cut(context, node.note, BOX.text), node.x, node.y + RADIUS + 8 + size + small)
}

function changePlate(context: Context, node: SceneNode, palette: Palette): void {
  if (node.change === null) return
  const word = palette.words[node.change]
  context.font = `500 10px ${palette.font}`
  const width = context.measureText(word).width + 10
  const x = node.x - RADIUS - 2
  const y = node.y - RADIUS - 2
  context.beginPath()
  context.roundRect(x - width / 2, y - 7.5, width, 15, 7.5)
  context.fillStyle = node.change === 'new' ? palette.accent : palette.surface
  context.fill()
  if (node.change === 'gone') {
    context.lineWidth = 1
    context.strokeStyle = palette.faint
    context.stroke()
  }
  context.fillStyle = node.change === 'new' ? palette.onAccent : palette.muted
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(word, x, y + 0.5)
}

/** One node, with as much of it as the scale can show. `named` shows its name at any scale. */
export function paintNode(context: Context, node: SceneNode, palette: Palette, k: number, named = false): void {
  if (node.change === 'gone') context.globalAlpha = 0.55
  if (k < RING) {
    circle(context, node.x, node.y, RADIUS)
    context.fillStyle = node.kind === 'service' ? statusColour(node, palette) : palette.faint
    context.fill()
  } else {
    ring(context, node, palette)
    if (node.kind === 'service') {
      circle(context, node.x, node.y, 5.5)
      context.fillStyle = node.colour
      context.fill()
    } else {
      context.save()
      context.translate(node.x, node.y)
      paintGlyph(context, node.kind, palette.muted)
      context.restore()
    }
    mark(context, node, palette)
  }
  context.globalAlpha = 1
  if (k >= NAME || named) texts(context, node, palette, k)
  if (k >= NAME) changePlate(context, node, palette)
}

export function paintRing(context: Context, node: SceneNode, palette: Palette, dashed: boolean): void {
  circle(context, node.x, node.y, RADIUS + (dashed ? 10 : 6))
  context.lineWidth = dashed ? 2 : 1.6
  context.strokeStyle = palette.accent
  context.setLineDash(dashed ? [3, 3] : [])
  context.stroke()
  context.setLineDash([])
}
