import type { TraceColumns } from './columns'

/** A span's tags as they are fetched. */
export interface SpanTags {
  segmentId: string
  spanId: number
  tags: readonly { key: string; value: string | null }[]
}

/** One tag of all spans. */
export interface TagColumn {
  /** Index into `values` by row, -1 for spans without the tag. */
  of: Int32Array
  values: string[]
}

/** Tags of a whole trace. */
export interface TagTable {
  /** Keys with the number of spans that carry them, the most frequent first. */
  keys: { key: string; spans: number }[]
  /** Column of a key in any case of letters; empty for keys that no span has. */
  column(key: string): TagColumn
}

/** Joins tags with rows by segment and number; what belongs to no row is left out. The first value of a key in a span counts. */
export function tagTable(columns: TraceColumns, spans: readonly SpanTags[]): TagTable {
  const rows = rowsBySpan(columns)
  const segments = new Map(columns.header.segments.id.map((id, index) => [id, index]))
  const found = new Map<string, { key: string; entries: Map<number, string> }>()
  for (const span of spans) {
    const segment = segments.get(span.segmentId)
    const row = segment === undefined ? undefined : rows.get(segment * 0x80000000 + span.spanId)
    if (row === undefined) continue
    for (const { key, value } of span.tags) {
      const folded = key.toLowerCase()
      let tag = found.get(folded)
      if (tag === undefined) found.set(folded, (tag = { key, entries: new Map() }))
      if (!tag.entries.has(row)) tag.entries.set(row, value ?? '')
    }
  }
  const keys = [...found.values()].map(({ key, entries }) => ({ key, spans: entries.size }))
  keys.sort((a, b) => b.spans - a.spans || (a.key < b.key ? -1 : 1))
  return { keys, column: (key) => columnOf(columns.count, found.get(key.toLowerCase())?.entries) }
}

function rowsBySpan({ segment, number, count }: TraceColumns): Map<number, number> {
  const rows = new Map<number, number>()
  for (let row = count - 1; row >= 0; row--) rows.set(segment[row]! * 0x80000000 + number[row]!, row)
  return rows
}

function columnOf(count: number, entries: Map<number, string> | undefined): TagColumn {
  const of = new Int32Array(count).fill(-1)
  const values = new Map<string, number>()
  for (const [row, value] of entries ?? []) {
    let index = values.get(value)
    if (index === undefined) values.set(value, (index = values.size))
    of[row] = index
  }
  return { of, values: [...values.keys()] }
}
