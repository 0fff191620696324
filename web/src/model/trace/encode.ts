import { Flag, Kind, type LinkKind, type TraceHeader } from './columns'

/** A span as tests write it down; what is left out is the most usual. */
export interface SpanNote {
  /** Name by which `parent` refers to it. */
  id: string
  parent?: string | null
  service: string
  instance?: string
  segment?: string
  number?: number
  operation?: string
  peer?: string
  component?: string
  layer?: string
  kind?: keyof typeof Kind
  /** [start, end] in ms; an open end is a span in flight. */
  at: [number, number] | [number]
  flags?: (keyof typeof Flag)[]
  links?: { to: string | null; kind: LinkKind; traceId?: string; segmentId?: string }[]
}

class Names {
  readonly list: string[] = []
  private readonly known = new Map<string, number>()
  of(name: string): number {
    let index = this.known.get(name)
    if (index === undefined) {
      index = this.list.length
      this.list.push(name)
      this.known.set(name, index)
    }
    return index
  }
}

/** Writes notes of spans as the bytes that the server sends. */
export function encodeNotes(notes: readonly SpanNote[], traceId = 't1', base = 1_700_000_000_000): ArrayBuffer {
  const names = { services: new Names(), instances: new Names(), operations: new Names(), peers: new Names(), components: new Names(), layers: new Names(), segments: new Names() }
  names.layers.of('Unknown')
  const rowOf = new Map(notes.map((note, row) => [note.id, row]))
  const header: TraceHeader = {
    traceId, base, spans: notes.length, complete: true, missing: null,
    services: names.services.list, instances: names.instances.list, operations: names.operations.list, peers: names.peers.list, components: names.components.list, layers: names.layers.list,
    segments: { id: names.segments.list, service: [], instance: [] },
    links: [],
  }
  const numbers = new Map<string, number>()
  const columns: Record<string, number[]> = { start: [], duration: [], parent: [], segment: [], number: [], operation: [], peer: [], component: [], layer: [], kind: [], flags: [] }
  notes.forEach((note, row) => {
    const id = note.segment ?? note.service
    const segment = names.segments.of(id)
    header.segments.service[segment] = names.services.of(note.service)
    header.segments.instance[segment] = names.instances.of(note.instance ?? `${note.service}-1`)
    const number = note.number ?? numbers.get(id) ?? 0
    numbers.set(id, number + 1)
    let flags = note.at.length === 1 ? Flag.inFlight : 0
    for (const flag of note.flags ?? []) flags |= Flag[flag]
    const values: Record<string, number> = {
      start: note.at[0], duration: (note.at[1] ?? note.at[0]) - note.at[0], segment, number, flags,
      parent: note.parent ? rowOf.get(note.parent) ?? -1 : -1,
      operation: names.operations.of(note.operation ?? note.id),
      peer: note.peer === undefined ? -1 : names.peers.of(note.peer),
      component: note.component === undefined ? -1 : names.components.of(note.component),
      layer: note.layer === undefined ? 0 : names.layers.of(note.layer),
      kind: Kind[note.kind ?? 'local'],
    }
    for (const [name, value] of Object.entries(values)) columns[name]![row] = value
    for (const link of note.links ?? []) {
      header.links.push({ row, to: link.to === null ? -1 : rowOf.get(link.to) ?? -1, kind: link.kind, traceId: link.traceId ?? null, segmentId: link.segmentId ?? '' })
    }
  })
  return encodeColumns(header, columns)
}

const WIDTHS: [name: string, array: { new (numbers: number[]): ArrayBufferView; BYTES_PER_ELEMENT: number }][] = [
  ['start', Float64Array], ['duration', Float64Array], ['parent', Int32Array], ['segment', Int32Array], ['number', Int32Array], ['operation', Int32Array],
  ['peer', Int32Array], ['component', Int16Array], ['layer', Uint8Array], ['kind', Uint8Array], ['flags', Uint16Array],
]

/** Writes a header and columns of numbers, without checking them. */
export function encodeColumns(header: unknown, columns: Record<string, number[]>): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const length = Math.ceil(text.length / 8) * 8
  const count = columns.start!.length
  const size = WIDTHS.reduce((sum, [, array]) => sum + Math.ceil((count * array.BYTES_PER_ELEMENT) / 8) * 8, 8 + length)
  const bytes = new Uint8Array(size)
  bytes.set(new TextEncoder().encode('STC1'))
  new DataView(bytes.buffer).setUint32(4, length, true)
  bytes.fill(32, 8, 8 + length)
  bytes.set(text, 8)
  let at = 8 + length
  for (const [name, array] of WIDTHS) {
    bytes.set(new Uint8Array(new array(columns[name]!).buffer), at)
    at += Math.ceil((count * array.BYTES_PER_ELEMENT) / 8) * 8
  }
  return bytes.buffer
}
