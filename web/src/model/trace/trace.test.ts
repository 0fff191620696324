import { describe, expect, it } from 'vitest'
import { encodeNotes, type SpanNote } from './encode'
import { Mark } from './parents'
import { openTrace, type TraceModel } from './trace'

const open = (notes: SpanNote[], skew = true): TraceModel => openTrace(encodeNotes(notes), { skew })
/** The path as `id from-to` in order of time. */
const pathOf = (notes: SpanNote[], { path }: TraceModel): string[] =>
  [...path.row].map((row, i) => `${notes[row]!.id} ${path.from[i]}-${path.to[i]}`)

const call: SpanNote[] = [
  { id: 'root', service: 'gateway', kind: 'entry', at: [0, 100] },
  { id: 'auth', service: 'gateway', parent: 'root', at: [2, 10] },
  { id: 'out', service: 'gateway', parent: 'root', kind: 'exit', at: [10, 95] },
  { id: 'in', service: 'orders', parent: 'out', kind: 'entry', at: [15, 90], flags: ['process'] },
  { id: 'sql', service: 'orders', parent: 'in', kind: 'exit', peer: 'orders-db:3306', at: [20, 80] },
]

describe('a plain call', () => {
  const model = open(call)
  it('has callers before callees', () => expect([...model.tree.order]).toEqual([0, 1, 2, 3, 4]))
  it('pairs client and server', () => {
    expect(model.calls.server[2]).toBe(3)
    expect(model.calls.client[3]).toBe(2)
  })
  it('splits its time into self times that add up', () => {
    expect([...model.times.self]).toEqual([7, 8, 10, 15, 60])
  })
  it('has a path from start to end of the root', () => {
    expect(pathOf(call, model)).toEqual(['root 0-2', 'auth 2-10', 'out 10-15', 'in 15-20', 'sql 20-80', 'in 80-90', 'out 90-95', 'root 95-100'])
  })
  it('puts the largest part down to the peer that sent no spans', () => {
    expect(model.summary.critical[0]).toMatchObject({ name: 'orders-db:3306', peer: true, time: 60, share: 0.6 })
    expect(model.summary).toMatchObject({ answer: 100, total: 100, spans: 5, services: 2, errors: 0, depth: 4, late: 0 })
  })
})

describe('work after the answer', () => {
  const notes: SpanNote[] = [
    { id: 'root', service: 'shop', kind: 'entry', at: [0, 50] },
    { id: 'send', service: 'shop', parent: 'root', kind: 'producer', at: [40, 45] },
    { id: 'take', service: 'mail', parent: 'send', kind: 'consumer', at: [60, 90], flags: ['process'] },
    { id: 'smtp', service: 'mail', parent: 'take', kind: 'exit', at: [62, 88] },
  ]
  const model = open(notes)
  it('is not on the critical path, nor self time of nobody', () => {
    expect(pathOf(notes, model)).toEqual(['root 0-40', 'send 40-45', 'root 45-50'])
    expect(model.times.self[1]).toBe(5)
  })
  it('is told in the head line, and is no skew', () => {
    expect(model.summary).toMatchObject({ answer: 50, total: 90, late: 2, clocks: [] })
  })
  it('does not share a row with the producer', () => expect(model.calls.server[1]).toBe(-1))
})

describe('a consumer that works while its producer still runs', () => {
  const notes: SpanNote[] = [
    { id: 'send', service: 'shop', kind: 'producer', at: [0, 50] },
    { id: 'take', service: 'mail', parent: 'send', kind: 'consumer', at: [10, 40], flags: ['process'] },
  ]
  it('is not waited for: neither on the path nor less self time of the producer', () => {
    const model = open(notes)
    expect(pathOf(notes, model)).toEqual(['send 0-50'])
    expect(model.times.self[0]).toBe(50)
  })
})

describe('a call that two servers answered', () => {
  const notes: SpanNote[] = [
    { id: 'out', service: 'a', kind: 'exit', at: [0, 50] },
    { id: 'one', service: 'b', segment: 'b1', parent: 'out', kind: 'entry', at: [1, 10], flags: ['process'] },
    { id: 'two', service: 'b', segment: 'b2', parent: 'out', kind: 'entry', at: [11, 49], flags: ['process'] },
  ]
  it('keeps a row of its own', () => expect([...open(notes).calls.server]).toEqual([-1, -1, -1]))
})

describe('a batch consumer', () => {
  const notes: SpanNote[] = [
    { id: 'a', service: 'shop', segment: 'a', kind: 'producer', at: [0, 5] },
    { id: 'b', service: 'shop', segment: 'b', kind: 'producer', at: [10, 15] },
    { id: 'batch', service: 'mail', parent: 'a', kind: 'consumer', at: [20, 30], flags: ['process', 'links'], links: [{ to: 'b', kind: 'batch' }, { to: null, kind: 'batch', traceId: 't2' }] },
  ]
  it('hangs under its first parent and keeps links to the others', () => {
    const model = open(notes)
    expect(model.tree.parent[2]).toBe(0)
    expect(model.columns.header.links.map((link) => [link.row, link.to, link.traceId])).toEqual([[2, 1, null], [2, -1, 't2']])
  })
})

describe('a batch consumer whose first parent is in another trace', () => {
  const notes: SpanNote[] = [
    { id: 'send', service: 'shop', kind: 'producer', at: [0, 5] },
    { id: 'batch', service: 'mail', kind: 'consumer', at: [20, 30], flags: ['process', 'links', 'orphan'], links: [{ to: 'send', kind: 'batch' }] },
  ]
  it('hangs under the parent that is here', () => {
    const model = open(notes)
    expect(model.tree.parent[1]).toBe(0)
    expect(model.summary).toMatchObject({ orphans: 0, late: 1, total: 30 })
  })
})

describe('other threads', () => {
  const notes: SpanNote[] = [
    { id: 'root', service: 'shop', kind: 'entry', at: [0, 100] },
    { id: 'joined', service: 'shop', segment: 's2', parent: 'root', at: [10, 60], flags: ['thread'] },
    { id: 'loose', service: 'shop', segment: 's3', parent: 'root', at: [20, 140], flags: ['thread'] },
  ]
  it('are waited for only when they end before their parent', () => {
    const model = open(notes)
    expect(pathOf(notes, model)).toEqual(['root 0-10', 'joined 10-60', 'root 60-100'])
    expect(model.summary.total).toBe(140)
    expect(model.calls.server[0]).toBe(-1)
  })
})

describe('broken references', () => {
  it('an orphan is a root with a mark, and not the root that answers', () => {
    const notes: SpanNote[] = [
      { id: 'lost', service: 'a', at: [0, 5], flags: ['orphan'] },
      { id: 'root', service: 'b', kind: 'entry', at: [1, 9] },
    ]
    const model = open(notes)
    expect([...model.tree.roots]).toEqual([0, 1])
    expect(model.parents.marks[0]).toBe(Mark.orphan)
    expect(model.summary).toMatchObject({ root: 1, orphans: 1, answer: 8 })
  })

  it('a circle is cut at its earliest span, and every span is shown once', () => {
    const notes: SpanNote[] = [
      { id: 'x', service: 's', parent: 'z', at: [5, 6] },
      { id: 'y', service: 's', parent: 'x', at: [1, 9] },
      { id: 'z', service: 's', parent: 'y', at: [2, 3] },
      { id: 'self', service: 's', parent: 'self', at: [0, 1] },
      { id: 'tail', service: 's', parent: 'x', at: [5, 6] },
    ]
    const model = open(notes)
    expect(model.parents.cycles).toBe(2)
    expect([...model.tree.roots]).toEqual([3, 1])
    expect([...model.tree.order].sort()).toEqual([0, 1, 2, 3, 4])
    expect(model.parents.marks[1]).toBe(Mark.cycle)
  })

  it('a span that stands there twice is shown once and keeps the children of both', () => {
    const notes: SpanNote[] = [
      { id: 'root', service: 's', segment: 'a', number: 0, at: [0, 10] },
      { id: 'again', service: 's', segment: 'a', number: 0, at: [0, 10] },
      { id: 'child', service: 's', segment: 'a', number: 1, parent: 'again', at: [1, 2] },
    ]
    const model = open(notes)
    expect([...model.tree.order]).toEqual([0, 2])
    expect(model.tree.parent[2]).toBe(0)
    expect(model.summary).toMatchObject({ duplicates: 1, spans: 2 })
  })
})

describe('clock skew', () => {
  const skewed: SpanNote[] = [
    { id: 'root', service: 'gateway', kind: 'entry', at: [0, 100] },
    { id: 'out', service: 'gateway', parent: 'root', kind: 'exit', at: [10, 90] },
    { id: 'in', service: 'pay', parent: 'out', kind: 'entry', at: [1010, 1070], flags: ['process'] },
    { id: 'inner', service: 'pay', parent: 'in', at: [1020, 1030] },
  ]
  it('moves a child outside its parent to the middle of it, with all that ran on that clock', () => {
    const model = open(skewed)
    expect([...model.timing.start]).toEqual([0, 10, 20, 30])
    expect(model.clocks).toEqual([{ service: 1, instance: 1, shift: -990 }])
    expect(model.summary.total).toBe(100)
  })
  it('can be switched off', () => {
    const model = open(skewed, false)
    expect(model.timing.start[2]).toBe(1010)
    expect(model.clocks).toEqual([])
  })
  it('joins what all calls between two processes say', () => {
    // The first call alone would allow -1010..-990, the second -1000..-970.
    const notes: SpanNote[] = [
      ...skewed.slice(0, 2),
      { id: 'in', service: 'pay', parent: 'out', kind: 'entry', at: [1020, 1080], flags: ['process'] },
      { id: 'out2', service: 'gateway', parent: 'root', kind: 'exit', at: [20, 60] },
      { id: 'in2', service: 'pay', segment: 'pay2', parent: 'out2', kind: 'entry', at: [1020, 1030], flags: ['process'] },
    ]
    expect(open(notes).clocks[0]!.shift).toBe(-995)
    const [root, out, first, out2, second] = notes
    expect(open([root!, out2!, second!, out!, first!]).clocks[0]!.shift).toBe(-995)
  })
  it('is not read from a server that worked longer than its client waited', () => {
    const notes: SpanNote[] = [
      { id: 'out', service: 'a', kind: 'exit', at: [0, 10] },
      { id: 'in', service: 'b', parent: 'out', kind: 'entry', at: [2, 50], flags: ['process'] },
    ]
    expect(open(notes).clocks).toEqual([])
  })
  it('moves a consumer behind its producer, and leaves a late one alone', () => {
    const early: SpanNote[] = [
      { id: 'send', service: 'a', kind: 'producer', at: [100, 105] },
      { id: 'take', service: 'b', parent: 'send', kind: 'consumer', at: [40, 60], flags: ['process'] },
    ]
    expect(open(early).timing.start[1]).toBe(100)
  })
  it('spreads along a chain, and a clock that agrees with the root stays', () => {
    const notes: SpanNote[] = [
      { id: 'o1', service: 'a', kind: 'exit', at: [0, 100] },
      { id: 'i1', service: 'b', parent: 'o1', kind: 'entry', at: [510, 590], flags: ['process'] },
      { id: 'o2', service: 'b', parent: 'i1', kind: 'exit', at: [520, 580] },
      { id: 'i2', service: 'c', parent: 'o2', kind: 'entry', at: [30, 70], flags: ['process'] },
    ]
    expect([...open(notes).timing.start]).toEqual([0, 10, 20, 30])
  })
})

describe('odd times', () => {
  it('zero durations break nothing', () => {
    const notes: SpanNote[] = [
      { id: 'root', service: 's', at: [5, 5] },
      { id: 'child', service: 's', parent: 'root', at: [5, 5] },
    ]
    const model = open(notes)
    expect(model.path.row.length).toBe(0)
    expect(model.summary).toMatchObject({ total: 0, answer: 0, critical: [] })
    expect([...model.times.self]).toEqual([0, 0])
  })
  it('a span in flight lasts as long as what it called', () => {
    const notes: SpanNote[] = [
      { id: 'root', service: 's', at: [0] },
      { id: 'child', service: 's', parent: 'root', at: [5, 25] },
    ]
    const model = open(notes)
    expect(model.timing.end[0]).toBe(25)
    expect(model.summary).toMatchObject({ inFlight: 1, total: 25 })
  })
  it('a call that outlives its parent counts until the end of the parent', () => {
    const notes: SpanNote[] = [
      { id: 'root', service: 'a', at: [0, 50] },
      { id: 'call', service: 'a', parent: 'root', kind: 'exit', at: [10, 80] },
    ]
    const model = open(notes)
    expect(pathOf(notes, model)).toEqual(['root 0-10', 'call 10-50'])
    expect(model.times.self[0]).toBe(10)
  })
  it('children that run side by side: the one that ended last was waited for', () => {
    const notes: SpanNote[] = [
      { id: 'root', service: 'a', at: [0, 100] },
      { id: 'short', service: 'a', parent: 'root', at: [10, 40] },
      { id: 'long', service: 'a', parent: 'root', at: [20, 90] },
      { id: 'first', service: 'a', parent: 'root', at: [2, 15] },
    ]
    expect(pathOf(notes, open(notes))).toEqual(['root 0-2', 'first 2-15', 'root 15-20', 'long 20-90', 'root 90-100'])
  })
  it('calls one after the other may overlap by a rounded millisecond, but by no more', () => {
    const notes = (second: [number, number]): SpanNote[] => [
      { id: 'root', service: 'a', at: [0, 100] },
      { id: 'first', service: 'a', parent: 'root', at: [10, 51] },
      { id: 'second', service: 'a', parent: 'root', at: second },
    ]
    expect(pathOf(notes([50, 90]), open(notes([50, 90])))).toEqual(['root 0-10', 'first 10-50', 'second 50-90', 'root 90-100'])
    expect(pathOf(notes([49, 90]), open(notes([49, 90])))).toEqual(['root 0-49', 'second 49-90', 'root 90-100'])
    expect(pathOf(notes([50, 90.5]), open(notes([50, 90.5])))[0]).toBe('root 0-50')
  })
  it('nothing at all is a model too', () => {
    expect(open([]).summary).toMatchObject({ root: -1, spans: 0, total: 0 })
  })
})
