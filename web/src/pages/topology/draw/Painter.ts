import { startWorker } from '@/api'
import { zoomAt, type Camera, type Point } from '@/model'
import drawUrl from './draw.worker?worker&url'
import type { Asked, LitPlaces, Palette, Scene, Shot, Shown } from './scene'
import showUrl from './show.worker?worker&url'

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
 * Shows a scene on a canvas. One worker draws pictures of what is in sight and, coarse, of the whole; while the camera
 * moves, another one moves the last of them, so that a step costs the page a message. At rest a new picture replaces
 * the moved one.
 */
export class Painter {
  camera: Camera = { x: 0, y: 0, k: 1 }
  private readonly drawer = startWorker(drawUrl)
  private readonly shower = startWorker(showUrl)
  private size = { width: 0, height: 0 }
  private ground = ''
  private how: Chosen = { lit: null, told: [], chosen: -1, chosenEdge: -1, focused: -1 }
  private resting = 0

  constructor(
    canvas: HTMLCanvasElement,
    private readonly atRest: () => void,
  ) {
    const { port1, port2 } = new MessageChannel()
    const screen = canvas.transferControlToOffscreen()
    this.shower.postMessage({ canvas: screen, pictures: port1 } satisfies Shown, [screen, port1])
    this.drawer.postMessage({ pictures: port2 } satisfies Asked, [port2])
  }

  resize(width: number, height: number): void {
    this.size = { width, height }
    this.draw()
  }

  show(scene: Scene, palette: Palette): void {
    this.ground = palette.bg
    this.drawer.postMessage({ scene, palette } satisfies Asked)
    this.draw()
  }

  light(how: Chosen): void {
    this.how = how
    if (this.resting === 0) this.draw()
  }

  /** Moves the pictures at once and draws anew at rest. */
  move(camera: Camera): void {
    this.camera = camera
    this.shower.postMessage({ camera } satisfies Shown)
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
    this.drawer.terminate()
    this.shower.terminate()
  }

  private draw(): void {
    const { width, height } = this.size
    if (width === 0 || height === 0) return
    const ratio = Math.min(window.devicePixelRatio || 1, Math.sqrt(PIXELS / (width * height)))
    const room = PIXELS / ratio ** 2
    // (w + 2m)(h + 2m) = room, solved for m; of whole pixels of the device, so that a picture at rest is sharp.
    const most = (Math.sqrt((width - height) ** 2 + 4 * room) - width - height) / 4
    const margin = Math.floor(Math.max(0, Math.min(most, 0.35 * Math.min(width, height))) * ratio) / ratio
    const shot: Shot = { camera: this.camera, width, height, margin, ratio, ground: this.ground, ...this.how }
    this.drawer.postMessage({ shot } satisfies Asked)
  }
}
