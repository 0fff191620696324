import { firstFree, put, settle, SMALLEST, USUAL, type Dashboard, type Place, type Widget, type WidgetKind, type Words } from '@/model'

/** One text of a pair is changed in its language alone. */
export function setWords(words: Words | undefined, language: string, text: string): Words {
  return words === undefined || typeof words === 'string' ? text : language === 'zh' ? { ...words, zh: text } : { ...words, en: text }
}

function newId(widgets: readonly Widget[]): string {
  for (let n = widgets.length + 1; ; n++) if (widgets.every((one) => one.id !== `w${n}`)) return `w${n}`
}

/** With a new widget in the first gap that holds it. */
export function addWidget(dashboard: Dashboard, kind: WidgetKind): { dashboard: Dashboard; id: string } {
  const id = newId(dashboard.widgets)
  const widget: Widget = { id, kind, title: '', scope: kind === 'top' ? 'all' : 'service', unit: 'count', queries: kind === 'text' ? [] : [{ expression: '' }], ...(kind === 'text' ? { text: '' } : {}), ...firstFree(dashboard.widgets, USUAL[kind]) }
  return { dashboard: { ...dashboard, widgets: [...dashboard.widgets, widget] }, id }
}

export function duplicateWidget(dashboard: Dashboard, of: string): { dashboard: Dashboard; id: string } | null {
  const source = dashboard.widgets.find((one) => one.id === of)
  if (!source) return null
  const id = newId(dashboard.widgets)
  const copy: Widget = { ...source, queries: source.queries.map((one) => ({ ...one })), id, ...firstFree(dashboard.widgets, { w: source.w, h: source.h }) }
  return { dashboard: { ...dashboard, widgets: [...dashboard.widgets, copy] }, id }
}

export function removeWidget(dashboard: Dashboard, id: string): Dashboard {
  return { ...dashboard, widgets: settle(dashboard.widgets.filter((one) => one.id !== id)) }
}

export function patchWidget(dashboard: Dashboard, id: string, change: Partial<Widget>): Dashboard {
  const widgets = dashboard.widgets.map((one) => (one.id === id ? { ...one, ...change } : one))
  const changed = widgets.find((one) => one.id === id)
  // Another kind may need more room.
  return { ...dashboard, widgets: changed && change.kind ? put(widgets, id, {}, SMALLEST[changed.kind]) : widgets }
}

export function placeWidget(dashboard: Dashboard, id: string, place: Partial<Place>): Dashboard {
  const own = dashboard.widgets.find((one) => one.id === id)
  return own ? { ...dashboard, widgets: put(dashboard.widgets, id, place, SMALLEST[own.kind]) } : dashboard
}

/** Rows that are tried until a step up or down changes the order: what stands above or below is skipped as a whole. */
const REACH = 45

/** One step of an arrow key; the same dashboard where nothing can move. */
export function stepWidget(dashboard: Dashboard, id: string, dx: number, dy: number): Dashboard {
  const own = dashboard.widgets.find((one) => one.id === id)
  if (!own) return dashboard
  if (dx !== 0) return placeWidget(dashboard, id, { x: own.x + dx })
  for (let by = 1; by <= REACH && own.y + dy * by >= 0; by++) {
    const next = placeWidget(dashboard, id, { y: own.y + dy * by })
    const moved = next.widgets.find((one) => one.id === id)
    if (moved && Math.sign(moved.y - own.y) === Math.sign(dy)) return next
  }
  return dashboard
}
