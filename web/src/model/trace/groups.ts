import { Flag, type TraceColumns } from './columns'

/** Spans that share a value. */
export interface Group {
  /** Index of the value, -1 for spans without one. */
  key: number
  count: number
  errors: number
  /** Sums in ms. */
  self: number
  total: number
  /** Of durations, in ms; spans in flight do not count. Null when all are in flight. */
  p95: number | null
  max: number
  /** Share of the self time of all spans that were grouped, 0..1. */
  share: number
}

/** Groups rows by a column of value indexes from -1 to `values` - 1; most self time first. */
export function groupRows(columns: TraceColumns, self: Float64Array, rows: Int32Array, of: Int32Array, values: number): Group[] {
  const slot = new Int32Array(values + 2)
  for (const row of rows) slot[of[row]! + 2]!++
  for (let i = 1; i < slot.length; i++) slot[i]! += slot[i - 1]!
  const sorted = new Int32Array(rows.length)
  const next = slot.slice()
  for (const row of rows) sorted[next[of[row]! + 1]!++] = row
  let all = 0
  for (const row of rows) all += self[row]!
  const groups: Group[] = []
  for (let key = -1; key < values; key++) {
    const members = sorted.subarray(slot[key + 1]!, slot[key + 2]!)
    if (members.length > 0) groups.push(sumUp(columns, self, members, key, all))
  }
  return groups.sort((a, b) => b.self - a.self || b.count - a.count || a.key - b.key)
}

function sumUp(columns: TraceColumns, self: Float64Array, members: Int32Array, key: number, all: number): Group {
  const group: Group = { key, count: members.length, errors: 0, self: 0, total: 0, p95: null, max: 0, share: 0 }
  const durations = new Float64Array(members.length)
  let ended = 0
  for (const row of members) {
    if (columns.flags[row]! & Flag.error) group.errors++
    group.self += self[row]!
    if (columns.flags[row]! & Flag.inFlight) continue
    durations[ended++] = columns.duration[row]!
    group.total += columns.duration[row]!
  }
  if (ended > 0) {
    const known = durations.subarray(0, ended).sort()
    group.p95 = known[Math.ceil(0.95 * ended) - 1]!
    group.max = known[ended - 1]!
  }
  group.share = all > 0 ? group.self / all : 0
  return group
}
