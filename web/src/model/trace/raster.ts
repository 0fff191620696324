import { Flag, type TraceColumns } from './columns'
import { type Meter, newMeter } from './meter'
import type { Timing } from './timing'

/** A trace as a small picture for the minimap. */
export interface Raster {
  width: number
  height: number
  /** Row by row: index of the service plus one, 0 where nothing runs. */
  cells: Uint16Array
  /** For each column of the picture the number of spans that failed there. */
  errors: Uint16Array
}

/** Paints rows from top to bottom into at most `height` lines; in one line the first span to reach a cell keeps it. */
export function paintRaster(
  columns: TraceColumns,
  timing: Timing,
  service: Int32Array,
  rows: Int32Array,
  size: { width: number; height: number },
  meter: Meter = newMeter(),
): Raster {
  const width = Math.max(1, size.width)
  const height = Math.max(1, Math.min(size.height, rows.length))
  const cells = new Uint16Array(width * height)
  const errors = new Uint16Array(width)
  const scale = timing.to > timing.from ? width / (timing.to - timing.from) : 0
  const column = (at: number): number => Math.max(0, Math.min(width - 1, Math.floor((at - timing.from) * scale)))
  const free = new Int32Array(width + 1) // next cell that is not painted yet, with short cuts
  let line = -1
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const y = Math.floor((i * height) / rows.length)
    if (y !== line) {
      line = y
      for (let x = 0; x <= width; x++) free[x] = x
      meter.steps += width
    }
    const last = column(timing.end[row]!)
    for (let x = find(free, column(timing.start[row]!)); x <= last; x = find(free, x)) {
      cells[y * width + x] = Math.min(0xffff, service[row]! + 1)
      free[x] = x + 1
      meter.steps++
    }
    if (columns.flags[row]! & Flag.error && errors[last]! < 0xffff) errors[last]!++
    meter.steps++
  }
  return { width, height, cells, errors }
}

function find(free: Int32Array, x: number): number {
  while (free[x] !== x) {
    free[x] = free[free[x]!]!
    x = free[x]!
  }
  return x
}
