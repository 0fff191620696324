import type { Box, Camera, Curve, NodeKind } from '@/model'

export type Tone = 'plain' | 'warn' | 'bad'
export type Change = 'new' | 'gone' | null

export interface SceneNode {
  x: number
  y: number
  name: string
  /** Second line: calls and p99, or what it is. */
  note: string
  kind: NodeKind
  status: 'failing' | 'risk' | 'ok' | 'idle'
  /** 0..100; null where nothing is known. */
  errors: number | null
  colour: string
  change: Change
}
export interface SceneEdge {
  curve: Curve
  box: Box
  width: number
  tone: Tone
  change: Change
  label: string
}
export interface SceneGroup {
  name: string
  box: Box
}
/** All that is drawn, in the plane of the layout. */
export interface Scene {
  nodes: readonly SceneNode[]
  edges: readonly SceneEdge[]
  groups: readonly SceneGroup[]
}

/** Colours of the theme, the font, and the words for changes. */
export interface Palette {
  bg: string
  surface: string
  line: string
  text: string
  muted: string
  faint: string
  accent: string
  accentSoft: string
  onAccent: string
  ok: string
  warn: string
  bad: string
  band: string
  font: string
  words: { new: string; gone: string }
}

/** Places in the lists of the scene. */
export interface LitPlaces {
  nodes: readonly number[]
  edges: readonly number[]
}

/** One picture: what the camera sees, with `margin` more on every side. CSS pixels; `ratio` of device pixels. */
export interface Shot {
  camera: Camera
  width: number
  height: number
  margin: number
  ratio: number
  /** Colour where nothing is. */
  ground: string
  /** The rest recedes; null for all alike. */
  lit: LitPlaces | null
  /** Edges that say what they carry. */
  told: readonly number[]
  /** Nodes with a ring of the accent, and one with the focus of the keyboard. */
  chosen: number
  chosenEdge: number
  focused: number
}

/** What the worker that draws is asked, what it draws, and what the worker that shows is told. */
export type Asked = { pictures: MessagePort } | { scene: Scene; palette: Palette } | { shot: Shot }
export type Drawn = { picture: ImageBitmap; shot: Shot } | { map: ImageBitmap; box: Box }
export type Shown = { canvas: OffscreenCanvas; pictures: MessagePort } | { camera: Camera }
