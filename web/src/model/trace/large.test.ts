import { describe, expect, it } from 'vitest'
import { encodeColumns } from './encode'
import { flameTree } from './flame'
import { newMeter } from './meter'
import { paintRaster } from './raster'
import { newShape, visibleRows } from './rows'
import { openTrace } from './trace'

const SPANS = 100_000

/** A trace of segments of ten spans; `parentOf` shapes the tree. */
function large(parentOf: (row: number) => number): ArrayBuffer {
  const segments = Math.ceil(SPANS / 10)
  const header = {
    traceId: 't', base: 0, spans: SPANS, complete: true, missing: null,
    services: Array.from({ length: 40 }, (_, i) => `service-${i}`), instances: ['one'], operations: Array.from({ length: 300 }, (_, i) => `operation ${i}`), peers: [], components: [], layers: ['Unknown'],
    segments: { id: Array.from({ length: segments }, (_, i) => `segment-${i}`), service: Array.from({ length: segments }, (_, i) => i % 40), instance: Array.from({ length: segments }, () => 0) },
    links: [],
  }
  const rows = Array.from({ length: SPANS }, (_, row) => row)
  const zero = rows.map(() => 0)
  return encodeColumns(header, {
    start: rows.map((row) => (row * 7919) % 50_000), duration: rows.map((row) => (row * 104_729) % 900), parent: rows.map(parentOf),
    segment: rows.map((row) => Math.floor(row / 10)), number: rows.map((row) => row % 10), operation: rows.map((row) => row % 300),
    peer: rows.map(() => -1), component: rows.map(() => -1), layer: zero, kind: rows.map((row) => (row % 10 === 0 ? 1 : row % 10 === 9 ? 2 : 0)), flags: rows.map((row) => (row % 97 === 0 ? 1 : 0)),
  })
}

describe.each([
  ['a bushy tree', (row: number) => Math.floor((row - 1) / 8)],
  ['a chain', (row: number) => row - 1],
  ['one parent of all', (row: number) => (row === 0 ? -1 : 0)],
  ['one circle', (row: number) => (row === 0 ? SPANS - 1 : row - 1)],
  ['roots only', () => -1],
])('100,000 spans as %s', (_, parentOf) => {
  it('cost a bounded number of steps a span', () => {
    const meter = newMeter()
    const model = openTrace(large(parentOf), { skew: true }, meter)
    expect(model.tree.order.length).toBe(SPANS)
    expect(meter.steps).toBeLessThan(30 * SPANS)
    const before = meter.steps
    visibleRows(model, newShape(SPANS, 40), meter)
    flameTree(model.columns, model.tree, model.service, model.times.self, meter)
    paintRaster(model.columns, model.timing, model.service, model.tree.order, { width: 800, height: 60 }, meter)
    expect(meter.steps - before).toBeLessThan(8 * SPANS)
  })
})
