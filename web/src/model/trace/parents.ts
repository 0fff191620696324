import { Flag, type TraceColumns } from './columns'
import { type Meter, newMeter } from './meter'

/** Bits of `Parents.marks`. */
export const Mark = {
  /** Names a parent that is not here. */
  orphan: 1,
  /** Was part of a circle of parents that has been cut here. */
  cycle: 2,
  /** The same span stands in an earlier row; this one is not shown. */
  duplicate: 4,
} as const

/** Who called whom, without circles and without duplicates. */
export interface Parents {
  /** Row of the parent, -1 for roots and duplicates. */
  parent: Int32Array
  marks: Uint8Array
  duplicates: number
  cycles: number
  orphans: number
}

/** Resolves the parents of all rows: duplicates give their children to the first, circles are cut at their earliest span. */
export function resolveParents(columns: TraceColumns, meter: Meter = newMeter()): Parents {
  const result: Parents = {
    parent: columns.parent.slice(),
    marks: new Uint8Array(columns.count),
    duplicates: 0,
    cycles: 0,
    orphans: 0,
  }
  adoptLinked(columns, result)
  dropDuplicates(columns, result, meter)
  cutCycles(columns.start, result, meter)
  for (let row = 0; row < columns.count; row++) {
    if (result.marks[row]! & Mark.duplicate || result.parent[row]! >= 0) continue
    if (columns.flags[row]! & Flag.orphan) {
      result.marks[row]! |= Mark.orphan
      result.orphans++
    }
  }
  meter.steps += columns.count
  return result
}

/** A batch consumer whose first parent is in another trace hangs under the first of its parents that is in this one. */
function adoptLinked(columns: TraceColumns, result: Parents): void {
  for (const link of columns.header.links) {
    if (link.to >= 0 && link.kind !== 'follows' && result.parent[link.row]! < 0) result.parent[link.row] = link.to
  }
}

function dropDuplicates(columns: TraceColumns, result: Parents, meter: Meter): void {
  const first = firstRows(columns, meter)
  if (first === null) return
  for (let row = 0; row < columns.count; row++) {
    const parent = result.parent[row]!
    if (first[row] !== row) {
      result.marks[row]! |= Mark.duplicate
      result.parent[row] = -1
      result.duplicates++
    } else if (parent >= 0) {
      result.parent[row] = first[parent]!
    }
  }
  meter.steps += columns.count
}

/** For each row the first row with the same segment id and number; null when all differ. */
function firstRows(columns: TraceColumns, meter: Meter): Int32Array | null {
  const ids = columns.header.segments.id
  const known = new Map<string, number>()
  const same = ids.map((id, index) => {
    const first = known.get(id)
    if (first === undefined) known.set(id, index)
    return first ?? index
  })
  meter.steps += ids.length + columns.count
  if (known.size === ids.length && isOrdered(columns)) return null
  const rows = new Map<number, number>()
  const first = new Int32Array(columns.count)
  for (let row = 0; row < columns.count; row++) {
    const key = same[columns.segment[row]!]! * 0x80000000 + columns.number[row]!
    const earlier = rows.get(key)
    if (earlier === undefined) rows.set(key, row)
    first[row] = earlier ?? row
  }
  meter.steps += columns.count
  return first
}

/** Whether rows stand in rising order of segment and number, as stored; then no two are the same. */
function isOrdered({ segment, number, count }: TraceColumns): boolean {
  for (let row = 1; row < count; row++) {
    const step = segment[row]! - segment[row - 1]!
    if (step < 0 || (step === 0 && number[row]! <= number[row - 1]!)) return false
  }
  return true
}

/** Walks up from every row once; a walk that meets itself has found a circle. */
function cutCycles(start: Float64Array, result: Parents, meter: Meter): void {
  const { parent, marks } = result
  const walk = new Int32Array(parent.length) // 0 = not seen, else the walk that saw it
  for (let from = 0; from < parent.length; from++) {
    let row = from
    while (row >= 0 && walk[row] === 0) {
      walk[row] = from + 1
      row = parent[row]!
      meter.steps++
    }
    if (row < 0 || walk[row] !== from + 1) continue
    let earliest = row
    for (let at = parent[row]!; at !== row; at = parent[at]!) {
      if (start[at]! < start[earliest]!) earliest = at
      meter.steps++
    }
    parent[earliest] = -1
    marks[earliest]! |= Mark.cycle
    result.cycles++
  }
}
