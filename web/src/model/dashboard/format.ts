/** What a dashboard is, as it is stored, exported and imported: JSON of our own with MQE expressions. */

/** A text, or one for each language (what is built in). */
export type Words = string | { en: string; zh: string }

export const KINDS = ['line', 'area', 'stack', 'bar', 'card', 'top', 'table', 'text'] as const
export type WidgetKind = (typeof KINDS)[number]

/** What a widget is evaluated for: all entities, or the one chosen above the dashboard. */
export const SCOPES = ['all', 'service', 'instance', 'endpoint'] as const
export type WidgetScope = (typeof SCOPES)[number]

export const UNITS = ['count', 'rate', 'duration', 'percent', 'bytes', 'score'] as const
export type Unit = (typeof UNITS)[number]

export interface WidgetQuery {
  expression: string
  /** Name of the line or column; without one the labels of the result name it. */
  label?: Words
  /** Unit of a column that differs from that of the widget. */
  unit?: Unit
}

/** Place in columns and rows, from 0. */
export interface Place {
  x: number
  y: number
  w: number
  h: number
}

export interface Widget extends Place {
  /** Unique within its dashboard. */
  id: string
  kind: WidgetKind
  title: Words
  scope: WidgetScope
  unit: Unit
  queries: WidgetQuery[]
  /** What a widget of kind `text` says; plain text, lines are kept. */
  text?: Words
  /** Drawn in the colour of what is bad, such as errors. */
  bad?: boolean
}

export interface Dashboard {
  name: Words
  /** Layer whose services can be chosen; empty for all. */
  layer: string
  /** Ranking whose first entity is shown until one is chosen; empty for the first by name. */
  start: string
  widgets: Widget[]
}

export const FORMAT = 'skytrail-dashboard'
export const FORMAT_VERSION = 1
export const COLUMNS = 12

/** Bounds of what is read, whoever wrote it. */
export const LIMITS = {
  bytes: 256 * 1024,
  widgets: 60,
  queries: 12,
  name: 120,
  title: 120,
  expression: 2000,
  text: 8000,
  rows: 1000,
  height: 40,
} as const

/** Smallest width and height of each kind that can still be read. */
export const SMALLEST: Record<WidgetKind, { w: number; h: number }> = {
  line: { w: 3, h: 3 },
  area: { w: 3, h: 3 },
  stack: { w: 3, h: 3 },
  bar: { w: 3, h: 3 },
  card: { w: 2, h: 2 },
  top: { w: 3, h: 3 },
  table: { w: 3, h: 3 },
  text: { w: 2, h: 1 },
}

/** Size of a new one. */
export const USUAL: Record<WidgetKind, { w: number; h: number }> = {
  line: { w: 6, h: 5 },
  area: { w: 6, h: 5 },
  stack: { w: 6, h: 5 },
  bar: { w: 6, h: 5 },
  card: { w: 3, h: 2 },
  top: { w: 4, h: 6 },
  table: { w: 6, h: 6 },
  text: { w: 6, h: 2 },
}

export function wordsIn(words: Words | undefined, language: string): string {
  if (words === undefined) return ''
  return typeof words === 'string' ? words : language === 'zh' ? words.zh : words.en
}

/** The widest scope that any widget needs: which pickers the dashboard shows. */
export function scopesOf(dashboard: Dashboard): ReadonlySet<WidgetScope> {
  const needed = new Set<WidgetScope>(dashboard.widgets.filter((one) => one.kind !== 'text').map((one) => one.scope))
  if (needed.has('instance') || needed.has('endpoint')) needed.add('service')
  return needed
}
