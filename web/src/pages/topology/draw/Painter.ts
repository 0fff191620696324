import { startWorker } from '@/api'
import { zoomAt, type Box, type Camera, type Point } from '@/model'
import url from './draw.worker?worker&url'
import type { Drawn, LitPlaces, Palette, Scene, Shot } from './scene'

/** Pictures have at most so many pixels; the margin gives way first. */
const PIXELS = 14_000_000
/** After so many ms without a move the camera rests. */
const REST = 130

export interface Chosen {
  lit: LitPlaces | null
  told: readonly number[]
  chosen: number
  chosenEdge: number
  focused: number
}

/**
 * Shows a scene on two canvases. A worker draws; while the camera moves, the last pictures are moved by the compositor:
 * the one of what was in sight, and below it a coarse one of the whole for what comes into sight. At rest a new picture
 * replaces the moved one.
 */
export class Painter {
  camera: Camera = { x: 0, y: 0, k: 1 }
  private readonly worker = startWorker(url)
  private size = { width: 0, height: 0 }
  private shown: Shot | null = null
  private map: { box: Box; scale: number } | null = null
  private how: Chosen = { lit: null, told: [], chosen: -1, chosenEdge: -1, focused: -1 }
  private frame = 0
  private resting = 0

  constructor(
    private readonly sharp: HTMLCanvasElement,
    private readonly coarse: HTMLCanvasElement,
    private readonly atRest: () => void,
  ) {
    this.worker.onmessage = ({ data }: MessageEvent<Drawn>) => this.receive(data)
  }

  resize(width: number, height: number): void {
    this.size = { width, height }
    this.draw()
  }

  show(scene: Scene, palette: Palette): void {
    this.worker.postMessage({ scene, palette })
    this.draw()
  }

  light(how: Chosen): void {
    this.how = how
    if (this.resting === 0) this.draw()
  }

  /** Moves the pictures at once and draws anew at rest. */
  move(camera: Camera): void {
    this.camera = camera
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0
      this.place()
    })
    window.clearTimeout(this.resting)
    this.resting = window.setTimeout(() => {
      this.resting = 0
      this.draw()
      this.atRest()
    }, REST)
  }

  pan(x: number, y: number): void {
    this.move({ ...this.camera, x: this.camera.x + x, y: this.camera.y + y })
  }

  zoom(at: Point, factor: number): void {
    this.move(zoomAt(this.camera, at, factor))
  }

  close(): void {
    window.clearTimeout(this.resting)
    cancelAnimationFrame(this.frame)
    this.worker.terminate()
  }

  private draw(): void {
    const { width, height } = this.size
    if (width === 0 || height === 0) return
    const ratio = Math.min(window.devicePixelRatio || 1, Math.sqrt(PIXELS / (width * height)))
    const room = PIXELS / ratio ** 2
    // (w + 2m)(h + 2m) = room, solved for m.
    const most = (Math.sqrt((width - height) ** 2 + 4 * room) - width - height) / 4
    const margin = Math.floor(Math.max(0, Math.min(most, 0.35 * Math.min(width, height))))
    const shot: Shot = { camera: this.camera, width, height, margin, ratio, ...this.how }
    this.worker.postMessage({ shot })
  }

  private receive(drawn: Drawn): void {
    const canvas = 'map' in drawn ? this.coarse : this.sharp
    const context = canvas.getContext('bitmaprenderer')
    if ('map' in drawn) {
      this.map = { box: drawn.box, scale: drawn.scale }
      context?.transferFromImageBitmap(drawn.map)
    } else {
      const { width, height, margin } = drawn.shot
      this.shown = drawn.shot
      canvas.style.width = `${width + 2 * margin}px`
      canvas.style.height = `${height + 2 * margin}px`
      context?.transferFromImageBitmap(drawn.picture)
    }
    this.place()
  }

  private place(): void {
    const { x, y, k } = this.camera
    if (this.shown) {
      const { camera, margin } = this.shown
      const s = k / camera.k
      this.sharp.style.transform = `translate(${x - (margin + camera.x) * s}px, ${y - (margin + camera.y) * s}px) scale(${s})`
    }
    if (this.map) {
      const { box, scale } = this.map
      this.coarse.style.transform = `translate(${box.left * k + x}px, ${box.top * k + y}px) scale(${k / scale})`
    }
  }
}
