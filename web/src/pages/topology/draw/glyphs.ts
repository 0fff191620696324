import type { NodeKind } from '@/model'

type Context = OffscreenCanvasRenderingContext2D

function database(context: Context): void {
  context.ellipse(0, -5, 6.5, 2.6, 0, 0, 2 * Math.PI)
  context.moveTo(-6.5, -5)
  context.lineTo(-6.5, 5.5)
  context.ellipse(0, 5.5, 6.5, 2.6, 0, Math.PI, 0, true)
  context.lineTo(6.5, -5)
  context.moveTo(6.5, 0.2)
  context.ellipse(0, 0.2, 6.5, 2.6, 0, 0, Math.PI)
}

function cache(context: Context): void {
  context.moveTo(1.5, -8)
  context.lineTo(-4.5, 1.2)
  context.lineTo(-0.5, 1.2)
  context.lineTo(-1.5, 8)
  context.lineTo(4.5, -1.6)
  context.lineTo(0.6, -1.6)
  context.closePath()
}

function queue(context: Context): void {
  for (const x of [-7.5, -2, 3.5]) context.rect(x, -5, 4, 10)
}

function external(context: Context): void {
  context.arc(0, 0, 7, 0, 2 * Math.PI)
  context.moveTo(-7, 0)
  context.lineTo(7, 0)
  context.moveTo(0, -7)
  context.ellipse(0, 0, 3, 7, 0, -Math.PI / 2, 1.5 * Math.PI)
}

function user(context: Context): void {
  context.arc(0, -3.4, 3.4, 0, 2 * Math.PI)
  context.moveTo(-6.5, 7)
  context.ellipse(0, 7, 6.5, 5.6, 0, Math.PI, 2 * Math.PI)
  context.closePath()
}

function group(context: Context): void {
  for (const x of [-6.5, 1]) for (const y of [-6.5, 1]) context.rect(x, y, 5.5, 5.5)
}

const paths: Partial<Record<NodeKind, (context: Context) => void>> = { database, cache, queue, external, user, group }

/** The sign of what is no service, about the point that the context stands at. */
export function paintGlyph(context: Context, kind: NodeKind, colour: string): void {
  context.beginPath()
  paths[kind]?.(context)
  context.strokeStyle = colour
  context.lineWidth = 1.4
  context.lineJoin = 'round'
  context.stroke()
}
