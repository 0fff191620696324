import { describe, expect, it } from 'vitest'
import { encodeNotes, type SpanNote } from './encode'
import { filterRows, splitWords } from './filter'
import { flameTree } from './flame'
import { groupRows } from './groups'
import { paintRaster } from './raster'
import { collapseToLevel, newShape, reveal, Twist, visibleRows } from './rows'
import { tagTable } from './tags'
import { idleStretches } from './timing'
import { openTrace } from './trace'

const notes: SpanNote[] = [
  { id: 'root', service: 'gateway', operation: 'POST /checkout', kind: 'entry', at: [0, 100] },
  { id: 'auth', service: 'gateway', parent: 'root', at: [2, 10] },
  { id: 'out', service: 'gateway', parent: 'root', kind: 'exit', at: [10, 95], peer: 'orders:80' },
  { id: 'in', service: 'orders', parent: 'out', kind: 'entry', operation: 'POST /orders', at: [15, 90], flags: ['process', 'error'] },
  { id: 'check', service: 'orders', parent: 'in', at: [16, 20] },
  { id: 'sql', service: 'orders', parent: 'in', kind: 'exit', operation: 'SELECT', peer: 'orders-db:3306', at: [20, 80], layer: 'Database' },
  { id: 'late', service: 'mail', segment: 'mail', parent: 'auth', kind: 'consumer', at: [150, 160], flags: ['process'] },
]
const model = openTrace(encodeNotes(notes))
const { columns, tree, calls, service } = model
const shaped = { tree, calls, service }
const shape = (): ReturnType<typeof newShape> => newShape(columns.count, columns.header.services.length)
const show = (s: ReturnType<typeof newShape>): string[] => {
  const rows = visibleRows(shaped, s)
  return [...rows.row].map((row, i) => `${'.'.repeat(rows.depth[i]!)}${notes[row]!.id}${rows.client[i]! >= 0 ? '+' : ''}`)
}

describe('visible rows', () => {
  it('show one row for both sides of a call', () => expect(show(shape())).toEqual(['root', '.auth', '..late', '.in+', '..check', '..sql']))
  it('show both sides of a call that is split, or of all', () => {
    const s = shape()
    s.split[2] = 1
    expect(show(s)).toEqual(['root', '.auth', '..late', '.out', '..in', '...check', '...sql'])
    expect(show({ ...shape(), merge: false })).toEqual(show(s))
  })
  it('leave out what is collapsed, and count it', () => {
    const s = shape()
    s.collapsed[3] = 1
    expect(show(s)).toEqual(['root', '.auth', '..late', '.in+'])
    const rows = visibleRows(shaped, s)
    expect([rows.twist[3], rows.hidden[3]]).toEqual([Twist.closed, 2])
    expect(rows.twist[2]).toBe(Twist.leaf)
  })
  it('are collapsed by level', () => {
    const s = shape()
    collapseToLevel(shaped, s, 1)
    expect(show(s)).toEqual(['root'])
    collapseToLevel(shaped, s, 2)
    expect(show(s)).toEqual(['root', '.auth', '.in+'])
    collapseToLevel(shaped, s, Infinity)
    expect(show(s).length).toBe(6)
  })
  it('are folded by service: one row for spans of a service that call each other', () => {
    const s = shape()
    s.folded.fill(1)
    expect(show(s)).toEqual(['root', '.late', '.in+'])
    const rows = visibleRows(shaped, s)
    expect([...rows.hidden]).toEqual([1, 0, 2])
  })
  it('are opened so that a span can be seen', () => {
    const s = shape()
    s.folded.fill(1)
    s.collapsed.fill(1)
    expect(reveal(shaped, s, 5)).toBe(5)
    expect(show(s)).toContain('..sql')
    expect(reveal(shaped, s, 2)).toBe(3)
  })
})

describe('statistics', () => {
  const all = tree.order
  it('group by service with count, errors, self time, p95 and share', () => {
    const groups = groupRows(columns, model.times.self, all, service, columns.header.services.length)
    expect(groups.map((group) => columns.header.services[group.key])).toEqual(['orders', 'gateway', 'mail'])
    expect(groups[0]).toMatchObject({ count: 3, errors: 1, self: 75, total: 139, p95: 75, max: 75 })
    expect(groups.reduce((sum, group) => sum + group.share, 0)).toBeCloseTo(1)
  })
  it('group by a tag, with a group for spans that do not have it', () => {
    const tags = tagTable(columns, [
      { segmentId: 'orders', spanId: 0, tags: [{ key: 'Tenant', value: 'north' }, { key: 'Tenant', value: 'second' }] },
      { segmentId: 'mail', spanId: 0, tags: [{ key: 'tenant', value: 'south' }] },
      { segmentId: 'unknown', spanId: 0, tags: [{ key: 'tenant', value: 'x' }] },
    ])
    expect(tags.keys).toEqual([{ key: 'Tenant', spans: 2 }])
    const column = tags.column('tenant')
    const groups = groupRows(columns, model.times.self, all, column.of, column.values.length)
    expect(groups.map((group) => [group.key < 0 ? null : column.values[group.key], group.count])).toEqual([[null, 5], ['north', 1], ['south', 1]])
    expect([...filterRows({ columns, marks: model.parents.marks, pathTime: model.path.time, tags }, all, 'tag:tenant=nor')]).toEqual([3])
  })
})

describe('the flame graph', () => {
  const flame = flameTree(columns, tree, service, model.times.self)
  it('is as wide as all self time, and no frame is wider than the one below it', () => {
    expect(flame.all).toBeCloseTo(model.times.self.reduce((sum, self) => sum + self, 0))
    for (let frame = 0; frame < flame.parent.length; frame++) {
      const parent = flame.parent[frame]!
      if (parent < 0) continue
      expect(flame.from[frame]!).toBeGreaterThanOrEqual(flame.from[parent]!)
      expect(flame.from[frame]! + flame.total[frame]!).toBeLessThanOrEqual(flame.from[parent]! + flame.total[parent]! + 1e-9)
    }
  })
  it('joins calls with the same way from the root', () => {
    const twice: SpanNote[] = [{ id: 'r', service: 's', at: [0, 10] }, ...[1, 4, 7].map((at): SpanNote => ({ id: `c${at}`, service: 's', operation: 'get', parent: 'r', at: [at, at + 2] }))]
    const m = openTrace(encodeNotes(twice))
    const folded = flameTree(m.columns, m.tree, m.service, m.times.self)
    expect([...folded.spans]).toEqual([1, 3])
    expect([...folded.self]).toEqual([4, 6])
    expect(folded.depths).toBe(2)
  })
})

describe('search', () => {
  const find = (query: string): string[] =>
    [...filterRows({ columns, marks: model.parents.marks, pathTime: model.path.time, tags: null }, tree.order, query)].map((row) => notes[row]!.id)
  it.each([
    ['post', ['root', 'in']],
    ['service:orders', ['in', 'check', 'sql']],
    ['orders-db', ['sql']],
    ['"post /orders"', ['in']],
    ['is:error', ['in']],
    ['kind:exit >60ms', ['out', 'sql']],
    ['<9', ['auth', 'check']],
    ['layer:database', ['sql']],
    ['is:nothing', []],
    ['tag:x=1', []],
    ['nosuchfield:orders', []],
  ])('%s', (query, ids) => expect(find(query)).toEqual(ids))
  it('without words finds everything', () => expect(find('  ').length).toBe(7))
  it('keeps blanks within quotes', () => expect(splitWords('a "b c" operation:"x y" "open')).toEqual(['a', 'b c', 'operation:x y', 'open']))
})

describe('pictures of the whole', () => {
  it('the minimap paints each cell once, top row first', () => {
    const raster = paintRaster(columns, model.timing, service, tree.order, { width: 16, height: 3 })
    expect(raster.height).toBe(3)
    expect(raster.cells[0]).toBe(1)
    expect([...raster.errors].filter((count) => count > 0)).toEqual([1])
  })
  it('idle stretches are those in which nothing ran', () => {
    const idle = idleStretches(tree, model.timing, 1)
    expect([[...idle.from], [...idle.to]]).toEqual([[100], [150]])
  })
})
