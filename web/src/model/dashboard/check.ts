import { COLUMNS, FORMAT, FORMAT_VERSION, KINDS, LIMITS, SCOPES, SMALLEST, UNITS, type Dashboard, type Unit, type Widget, type WidgetQuery, type Words } from './format'
import { settle } from './grid'

export type FaultCode = 'json' | 'large' | 'format' | 'version' | 'type' | 'missing' | 'unknown' | 'choice' | 'long' | 'empty' | 'range' | 'many' | 'twice' | 'none'

/** Why something is not a dashboard. `field` is the path of the value: `widgets[2].queries[0].expression`. */
export interface Fault {
  field: string
  code: FaultCode
  /** What was expected: a type, a bound, the choices. */
  expected: string
}

export type Checked = { dashboard: Dashboard; faults: [] } | { dashboard: null; faults: Fault[] }

/** Faults that are collected before the rest is left unread. */
const MOST_FAULTS = 50

type Record_ = Record<string, unknown>

class Reader {
  readonly faults: Fault[] = []

  fault(field: string, code: FaultCode, expected: string | number = ''): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push({ field, code, expected: String(expected) })
  }

  object(value: unknown, field: string, known: readonly string[]): Record_ | null {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault(field, 'type', 'object')
      return null
    }
    for (const key of Object.keys(value)) if (!known.includes(key)) this.fault(join(field, key.slice(0, 60)), 'unknown', known.join(', '))
    return value as Record_
  }

  list(value: unknown, field: string, most: number): unknown[] {
    if (!Array.isArray(value)) {
      this.fault(field, value === undefined ? 'missing' : 'type', 'list')
      return []
    }
    if (value.length > most) {
      this.fault(field, 'many', most)
      return []
    }
    return value
  }

  text(value: unknown, field: string, most: number, filled = false): string {
    if (typeof value !== 'string') {
      this.fault(field, value === undefined ? 'missing' : 'type', 'text')
      return ''
    }
    if (value.length > most) this.fault(field, 'long', most)
    else if (filled && value.trim() === '') this.fault(field, 'empty')
    return value
  }

  words(value: unknown, field: string, most: number, filled = false): Words {
    if (typeof value !== 'object' || value === null) return this.text(value, field, most, filled)
    const both = this.object(value, field, ['en', 'zh'])
    return both ? { en: this.text(both['en'], join(field, 'en'), most, filled), zh: this.text(both['zh'], join(field, 'zh'), most, filled) } : ''
  }

  choice<T extends string>(value: unknown, field: string, choices: readonly T[]): T {
    if (!choices.includes(value as T)) this.fault(field, value === undefined ? 'missing' : 'choice', choices.join(', '))
    return value as T
  }

  whole(value: unknown, field: string, least: number, most: number): number {
    if (typeof value !== 'number' || !Number.isInteger(value)) this.fault(field, value === undefined ? 'missing' : 'type', 'whole number')
    else if (value < least || value > most) this.fault(field, 'range', `${least} – ${most}`)
    else return value
    return least
  }
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

function readQuery(read: Reader, value: unknown, field: string): WidgetQuery {
  const from = read.object(value, field, ['expression', 'label', 'unit'])
  if (!from) return { expression: '' }
  return {
    expression: read.text(from['expression'], join(field, 'expression'), LIMITS.expression, true),
    ...(from['label'] === undefined ? {} : { label: read.words(from['label'], join(field, 'label'), LIMITS.title) }),
    ...(from['unit'] === undefined ? {} : { unit: read.choice<Unit>(from['unit'], join(field, 'unit'), UNITS) }),
  }
}

function readWidget(read: Reader, value: unknown, field: string): Widget | null {
  const from = read.object(value, field, ['id', 'kind', 'title', 'scope', 'unit', 'queries', 'text', 'bad', 'x', 'y', 'w', 'h'])
  if (!from) return null
  const kind = read.choice(from['kind'], join(field, 'kind'), KINDS)
  const least = SMALLEST[KINDS.includes(kind) ? kind : 'text']
  const w = read.whole(from['w'], join(field, 'w'), least.w, COLUMNS)
  const queries = from['queries'] === undefined && kind === 'text' ? [] : read.list(from['queries'], join(field, 'queries'), LIMITS.queries).map((one, i) => readQuery(read, one, `${join(field, 'queries')}[${i}]`))
  if (Array.isArray(from['queries']) && kind !== 'text' && from['queries'].length === 0) read.fault(join(field, 'queries'), 'none')
  const bad = from['bad']
  if (bad !== undefined && typeof bad !== 'boolean') read.fault(join(field, 'bad'), 'type', 'true, false')
  return {
    id: read.text(from['id'], join(field, 'id'), 40, true),
    kind,
    title: read.words(from['title'] ?? '', join(field, 'title'), LIMITS.title),
    scope: read.choice(from['scope'] ?? 'all', join(field, 'scope'), SCOPES),
    unit: read.choice(from['unit'] ?? 'count', join(field, 'unit'), UNITS),
    queries,
    ...(from['text'] === undefined ? {} : { text: read.words(from['text'], join(field, 'text'), LIMITS.text) }),
    ...(bad === true ? { bad: true } : {}),
    x: read.whole(from['x'], join(field, 'x'), 0, COLUMNS - w),
    y: read.whole(from['y'], join(field, 'y'), 0, LIMITS.rows),
    w,
    h: read.whole(from['h'], join(field, 'h'), least.h, LIMITS.height),
  }
}

/** Reads the fields of a dashboard out of an object that may hold more (`also`). */
export function readFields(read: Reader, from: Record_): Dashboard {
  const widgets: Widget[] = []
  const ids = new Set<string>()
  read.list(from['widgets'], 'widgets', LIMITS.widgets).forEach((one, i) => {
    const widget = readWidget(read, one, `widgets[${i}]`)
    if (!widget) return
    if (ids.has(widget.id)) read.fault(`widgets[${i}].id`, 'twice', widget.id.slice(0, 40))
    ids.add(widget.id)
    widgets.push(widget)
  })
  return {
    name: read.words(from['name'], 'name', LIMITS.name, true),
    layer: read.text(from['layer'] ?? '', 'layer', 60),
    start: read.text(from['start'] ?? '', 'start', LIMITS.expression),
    widgets,
  }
}

function checkHead(read: Reader, from: Record_): void {
  if (from['format'] !== FORMAT) read.fault('format', from['format'] === undefined ? 'missing' : 'format', FORMAT)
  else if (from['version'] !== FORMAT_VERSION) read.fault('version', from['version'] === undefined ? 'missing' : 'version', FORMAT_VERSION)
}

/** Reads an exported dashboard. Each fault names its field; widgets that lie over each other are moved apart. */
export function checkDashboard(value: unknown, also: readonly string[] = []): Checked {
  const read = new Reader()
  const from = read.object(value, '', ['format', 'version', 'name', 'layer', 'start', 'widgets', ...also])
  if (!from) return { dashboard: null, faults: read.faults }
  checkHead(read, from)
  // The fields of another format are not worth a list of complaints.
  if (read.faults.some((one) => one.field === 'format' || one.field === 'version')) return { dashboard: null, faults: read.faults.filter((one) => one.code !== 'unknown') }
  const dashboard = readFields(read, from)
  if (read.faults.length > 0) return { dashboard: null, faults: read.faults }
  return { dashboard: { ...dashboard, widgets: settle(dashboard.widgets) }, faults: [] }
}

/** As `checkDashboard`, from the text of a file. */
export function parseDashboard(text: string): Checked {
  if (text.length > LIMITS.bytes) return { dashboard: null, faults: [{ field: '', code: 'large', expected: String(LIMITS.bytes) }] }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { dashboard: null, faults: [{ field: '', code: 'json', expected: error instanceof Error ? error.message.slice(0, 200) : '' }] }
  }
  return checkDashboard(value)
}

/** The text of an export; `parseDashboard` reads it back. */
export function exportText(dashboard: Dashboard): string {
  return `${JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, ...dashboard }, null, 2)}\n`
}
