/**
 * The columns of one trace as they travel: magic `STC1`, the length of a JSON header, the header, then
 * eleven little-endian columns, each padded to 8 bytes. Nothing in the bytes is trusted: every length and
 * every index is checked once here, so that the rest of the model may index without asking again.
 */

/** Kinds of spans, as the column `kind` numbers them. */
export const Kind = { local: 0, entry: 1, exit: 2, producer: 3, consumer: 4 } as const
/** Names of the kinds by number. */
export const KIND_NAMES = ['local', 'entry', 'exit', 'producer', 'consumer'] as const
export type KindName = (typeof KIND_NAMES)[number]

/** Bits of the column `flags`. */
export const Flag = { error: 1, inFlight: 2, orphan: 4, links: 8, events: 16, thread: 32, process: 64, exception: 128 } as const

const LINK_KINDS = ['process', 'thread', 'batch', 'follows'] as const
export type LinkKind = (typeof LINK_KINDS)[number]

/** A link of a span besides its parent. */
export interface TraceLink {
  row: number
  /** Row of the span it leads to, -1 when that span is not in this trace. */
  to: number
  kind: LinkKind
  /** The other trace, null for this one. */
  traceId: string | null
  segmentId: string
}

/** What is said once for all spans; columns point into these lists. */
export interface TraceHeader {
  traceId: string
  /** Milliseconds since 1970 that `start` counts from. */
  base: number
  spans: number
  complete: boolean
  /** Why something is missing, null when nothing is. */
  missing: string | null
  services: string[]
  instances: string[]
  operations: string[]
  peers: string[]
  components: string[]
  layers: string[]
  segments: { id: string[]; service: number[]; instance: number[] }
  links: TraceLink[]
}

/** Views into the bytes, one entry a span; times in ms. */
export interface TraceColumns {
  header: TraceHeader
  count: number
  start: Float64Array
  duration: Float64Array
  parent: Int32Array
  segment: Int32Array
  number: Int32Array
  operation: Int32Array
  peer: Int32Array
  component: Int16Array
  layer: Uint8Array
  kind: Uint8Array
  flags: Uint16Array
}

/** The bytes are not what they should be; the message says which field. */
export class TraceFormatError extends Error {
  override name = 'TraceFormatError'
}

const MAGIC = 0x31435453 // "STC1" read as a little-endian number

const bad = (what: string): never => {
  throw new TraceFormatError(what)
}

/** Reads the bytes without copying a column. Throws `TraceFormatError`. */
export function readTraceColumns(bytes: ArrayBuffer): TraceColumns {
  if (bytes.byteLength < 8) bad(`trace has ${bytes.byteLength} bytes, a trace has at least 8`)
  const view = new DataView(bytes)
  if (view.getUint32(0, true) !== MAGIC) bad('trace does not begin with STC1')
  const length = view.getUint32(4, true)
  if (length > bytes.byteLength - 8) bad(`header of ${length} bytes is longer than the trace`)
  if (length % 8 !== 0) bad(`header of ${length} bytes is not padded to 8`)
  const header = readHeader(new Uint8Array(bytes, 8, length))
  const columns = cut(bytes, 8 + length, header)
  checkColumns(columns)
  return columns
}

function readHeader(bytes: Uint8Array): TraceHeader {
  let raw: unknown
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return bad('header is not JSON in UTF-8')
  }
  const h = record(raw, 'header')
  const segments = record(h.segments, 'segments')
  const header: TraceHeader = {
    traceId: text(h.traceId, 'traceId'),
    base: finite(h.base, 'base'),
    spans: whole(h.spans, 'spans', 0, 0x7fffffff),
    complete: h.complete === true,
    missing: h.missing === null || h.missing === undefined ? null : text(h.missing, 'missing'),
    services: texts(h.services, 'services'),
    instances: texts(h.instances, 'instances'),
    operations: texts(h.operations, 'operations'),
    peers: texts(h.peers, 'peers'),
    components: texts(h.components, 'components'),
    layers: texts(h.layers, 'layers'),
    segments: { id: texts(segments.id, 'segments.id'), service: [], instance: [] },
    links: [],
  }
  header.segments.service = indexes(segments.service, 'segments.service', header.segments.id.length, header.services.length)
  header.segments.instance = indexes(segments.instance, 'segments.instance', header.segments.id.length, header.instances.length)
  header.links = list(h.links, 'links').map((entry) => readLink(entry, header.spans))
  return header
}

function readLink(raw: unknown, spans: number): TraceLink {
  const link = record(raw, 'links')
  const kind = LINK_KINDS.find((known) => known === link.kind) ?? bad(`links.kind ${String(link.kind)} is unknown`)
  return {
    row: whole(link.row, 'links.row', 0, spans - 1),
    to: whole(link.to, 'links.to', -1, spans - 1),
    kind,
    traceId: link.traceId === null || link.traceId === undefined ? null : text(link.traceId, 'links.traceId'),
    segmentId: link.segmentId === null || link.segmentId === undefined ? '' : text(link.segmentId, 'links.segmentId'),
  }
}

function cut(bytes: ArrayBuffer, from: number, header: TraceHeader): TraceColumns {
  const n = header.spans
  let at = from
  const take = (width: number): number => {
    const here = at
    at += Math.ceil((n * width) / 8) * 8
    return here
  }
  const offsets = [8, 8, 4, 4, 4, 4, 4, 2, 1, 1, 2].map(take) as [number, number, number, number, number, number, number, number, number, number, number]
  if (at !== bytes.byteLength) bad(`${n} spans need ${at} bytes, the trace has ${bytes.byteLength}`)
  const [start, duration, parent, segment, number, operation, peer, component, layer, kind, flags] = offsets
  return {
    header,
    count: n,
    start: new Float64Array(bytes, start, n),
    duration: new Float64Array(bytes, duration, n),
    parent: new Int32Array(bytes, parent, n),
    segment: new Int32Array(bytes, segment, n),
    number: new Int32Array(bytes, number, n),
    operation: new Int32Array(bytes, operation, n),
    peer: new Int32Array(bytes, peer, n),
    component: new Int16Array(bytes, component, n),
    layer: new Uint8Array(bytes, layer, n),
    kind: new Uint8Array(bytes, kind, n),
    flags: new Uint16Array(bytes, flags, n),
  }
}

function checkColumns(c: TraceColumns): void {
  const h = c.header
  const within = (name: string, column: ArrayLike<number>, low: number, limit: number): void => {
    for (let row = 0; row < column.length; row++) {
      const value = column[row]!
      if (!(value >= low && value < limit)) bad(`${name} ${value} of row ${row} is not in ${low}..${limit - 1}`)
    }
  }
  for (let row = 0; row < c.count; row++) {
    if (!Number.isFinite(c.start[row])) bad(`start of row ${row} is not a number`)
    if (!(c.duration[row]! >= 0 && c.duration[row]! < Infinity)) bad(`duration of row ${row} is not a length of time`)
  }
  within('parent', c.parent, -1, c.count)
  within('segment', c.segment, 0, h.segments.id.length)
  within('number', c.number, 0, 0x7fffffff)
  within('operation', c.operation, 0, h.operations.length)
  within('peer', c.peer, -1, h.peers.length)
  within('component', c.component, -1, h.components.length)
  within('layer', c.layer, 0, Math.max(1, h.layers.length))
  within('kind', c.kind, 0, KIND_NAMES.length)
}

function record(raw: unknown, name: string): Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : bad(`${name} is not an object`)
}

function list(raw: unknown, name: string): unknown[] {
  return Array.isArray(raw) ? raw : bad(`${name} is not a list`)
}

function text(raw: unknown, name: string): string {
  return typeof raw === 'string' ? raw : bad(`${name} is not a text`)
}

function texts(raw: unknown, name: string): string[] {
  return list(raw, name).map((entry) => text(entry, name))
}

function finite(raw: unknown, name: string): number {
  return typeof raw === 'number' && Number.isFinite(raw) ? raw : bad(`${name} is not a number`)
}

function whole(raw: unknown, name: string, low: number, high: number): number {
  const value = finite(raw, name)
  return Number.isInteger(value) && value >= low && value <= high ? value : bad(`${name} ${value} is not in ${low}..${high}`)
}

function indexes(raw: unknown, name: string, length: number, limit: number): number[] {
  const entries = list(raw, name)
  if (entries.length !== length) bad(`${name} has ${entries.length} entries instead of ${length}`)
  return entries.map((entry) => whole(entry, name, 0, limit - 1))
}
