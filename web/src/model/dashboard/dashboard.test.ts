import { describe, expect, it } from 'vitest'
import { BUILT_IN_KEYS, builtIn } from './builtins'
import { checkDashboard, exportText, parseDashboard } from './check'
import { partOfId, serviceOfId } from './entity'
import { LIMITS, type Dashboard, type Widget } from './format'
import { clampPlace, firstFree, overlap, put, settle, type Placed } from './grid'
import { KEPT, nextStored, readStored, STORED_CHARACTERS, storedText, unchanged, type Stored } from './stored'
import { back, change, forth, startUndo, STEPS } from './undo'

const widget = (id: string, place: Partial<Widget> = {}): Widget => ({ id, kind: 'line', title: id, scope: 'service', unit: 'rate', queries: [{ expression: 'service_cpm' }], x: 0, y: 0, w: 6, h: 5, ...place })
const dashboard = (widgets: Widget[] = [widget('a')]): Dashboard => ({ name: 'Shop', layer: 'GENERAL', start: '', widgets })
const raw = (change: (value: Record<string, any>) => void): unknown => {
  const value = JSON.parse(exportText(dashboard())) as Record<string, any>
  change(value)
  return value
}

describe('what is built in', () => {
  it.each(BUILT_IN_KEYS)('%s passes the check of an import, and stands as it was drawn', (key) => {
    const found = builtIn(key)
    expect(found?.widgets.length).toBeGreaterThan(5)
    expect(settle(found?.widgets ?? [])).toEqual(found?.widgets)
  })
  it('knows no other', () => expect(builtIn('constructor')).toBeNull())
})

describe('reading a dashboard', () => {
  it('gives back what was exported', () => expect(parseDashboard(exportText(dashboard())).dashboard).toEqual(dashboard()))

  it.each<[string, string, (value: Record<string, any>) => void]>([
    ['format', 'format', (v) => (v['format'] = 'grafana')],
    ['format', 'missing', (v) => delete v['format']],
    ['version', 'version', (v) => (v['version'] = 2)],
    ['name', 'empty', (v) => (v['name'] = ' ')],
    ['name', 'long', (v) => (v['name'] = 'x'.repeat(LIMITS.name + 1))],
    ['name.zh', 'missing', (v) => (v['name'] = { en: 'x' })],
    ['owner', 'unknown', (v) => (v['owner'] = 1)],
    ['widgets', 'missing', (v) => delete v['widgets']],
    ['widgets', 'type', (v) => (v['widgets'] = { length: 1e9 })],
    ['widgets', 'many', (v) => (v['widgets'] = Array(LIMITS.widgets + 1).fill(widget('a')))],
    ['widgets[0]', 'type', (v) => (v['widgets'][0] = null)],
    ['widgets[1].id', 'twice', (v) => v['widgets'].push(widget('a'))],
    ['widgets[0].kind', 'choice', (v) => (v['widgets'][0].kind = 'iframe')],
    ['widgets[0].kind', 'choice', (v) => (v['widgets'][0].kind = { toString: 1 })],
    ['widgets[0].scope', 'choice', (v) => (v['widgets'][0].scope = '__proto__')],
    ['widgets[0].unit', 'choice', (v) => (v['widgets'][0].unit = 'furlong')],
    ['widgets[0].x', 'range', (v) => (v['widgets'][0].x = 7)],
    ['widgets[0].w', 'type', (v) => (v['widgets'][0].w = '6')],
    ['widgets[0].h', 'range', (v) => (v['widgets'][0].h = 1e9)],
    ['widgets[0].y', 'type', (v) => (v['widgets'][0].y = 1.5)],
    ['widgets[0].queries', 'none', (v) => (v['widgets'][0].queries = [])],
    ['widgets[0].queries[0].expression', 'long', (v) => (v['widgets'][0].queries[0].expression = 'x'.repeat(LIMITS.expression + 1))],
    ['widgets[0].queries[0].expression', 'type', (v) => (v['widgets'][0].queries[0].expression = ['service_cpm'])],
    ['widgets[0].queries[0].eval', 'unknown', (v) => (v['widgets'][0].queries[0].eval = 'alert(1)')],
    ['widgets[0].bad', 'type', (v) => (v['widgets'][0].bad = 'yes')],
  ])('names %s: %s', (field, code, spoil) => {
    const { dashboard: read, faults } = checkDashboard(raw(spoil))
    expect(read).toBeNull()
    expect(faults.map((one) => `${one.field} ${one.code}`)).toContain(`${field} ${code}`)
  })

  it.each(['', '{', 'null', '[]', '1', '"x"'])('%j is told to be none', (text) => expect(parseDashboard(text).faults).toHaveLength(1))
  it('a prototype in the text changes no object', () => {
    const { faults } = parseDashboard('{"__proto__":{"polluted":1},"format":"skytrail-dashboard","version":1,"name":"a","widgets":[]}')
    expect(faults.map((one) => one.field)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
  it('a text over the limit is not parsed', () => expect(parseDashboard(`"${'x'.repeat(LIMITS.bytes)}"`).faults[0]?.code).toBe('large'))
  it('lists at most fifty faults', () => expect(checkDashboard(raw((v) => (v['widgets'] = Array(60).fill({})))).faults).toHaveLength(50))
  it('moves widgets apart that lie over each other', () => {
    const { dashboard: read } = checkDashboard(raw((v) => v['widgets'].push(widget('b'))))
    expect(read?.widgets.map((one) => one.y)).toEqual([0, 5])
  })
})

describe('the grid', () => {
  const item = (id: string, x: number, y: number, w: number, h: number): Placed => ({ id, x, y, w, h })
  it('pushes down what is in the way, and the rest up', () => {
    const moved = put([item('a', 0, 0, 6, 2), item('b', 6, 0, 6, 2), item('c', 0, 2, 12, 2)], 'c', { y: 0 }, { w: 1, h: 1 })
    expect(moved.map(({ id, x, y }) => [id, x, y])).toEqual([['a', 0, 2], ['b', 6, 2], ['c', 0, 0]])
    expect(settle(moved.slice(0, 2)).map((one) => one.y)).toEqual([0, 0])
  })
  it('keeps sizes inside the columns and above the least', () => expect(clampPlace({ x: 40, y: -3, w: 1, h: 0.2 }, { w: 3, h: 3 })).toEqual({ x: 9, y: 0, w: 3, h: 3 }))
  it('finds the first gap that is large enough', () => {
    const items = [item('a', 0, 0, 6, 2), item('b', 0, 2, 12, 2)]
    expect(firstFree(items, { w: 6, h: 2 })).toEqual({ x: 6, y: 0, w: 6, h: 2 })
    expect(firstFree(items, { w: 6, h: 3 })).toEqual({ x: 0, y: 4, w: 6, h: 3 })
  })
  it('never leaves two in one place, whatever is moved', () => {
    let seed = 7
    const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below
    let items = Array.from({ length: 24 }, (_, i) => item(`w${i}`, random(9), random(30), 1 + random(3), 1 + random(5)))
    for (let step = 0; step < 200; step++) {
      items = put(items, `w${random(24)}`, { x: random(14) - 1, y: random(40) - 2, w: random(14), h: random(8) }, { w: 1, h: 1 })
      for (const a of items) for (const b of items) if (a.id !== b.id && overlap(a, b)) throw new Error(`${a.id} lies over ${b.id}`)
      expect(items.every((one) => one.x >= 0 && one.x + one.w <= 12)).toBe(true)
      expect(settle(items)).toEqual(items)
    }
  })
})

describe('undo', () => {
  it('goes back and forth, and forgets the future at a change', () => {
    let undo = change(change(startUndo(1), 2), 3)
    undo = back(undo)
    expect([undo.now, forth(undo).now, back(back(undo)).now]).toEqual([2, 3, 1])
    expect(change(undo, 9).future).toEqual([])
  })
  it('typing in one field is one step', () => {
    const undo = ['a', 'ab', 'abc'].reduce((state, text) => change(state, text, 'title'), startUndo(''))
    expect(back(undo).now).toBe('')
    expect(change(undo, 'x', 'unit').past).toHaveLength(2)
  })
  it('is bounded', () => expect(Array.from({ length: 300 }, (_, i) => i + 1).reduce((state, n) => change(state, n), startUndo(0)).past).toHaveLength(STEPS))
})

describe('what lies on the server', () => {
  const first = nextStored(null, dashboard(), 1000, 'aa')
  it('keeps its versions, newest first', () => {
    const text = storedText(nextStored(first, dashboard([]), 2000, 'bb')) ?? ''
    const { stored } = readStored(text)
    expect(stored).toMatchObject({ revision: 2, savedAt: 2000, stamp: 'bb', versions: [{ revision: 1, savedAt: 1000 }] })
    expect(stored?.versions[0]?.dashboard).toEqual(dashboard())
  })
  it('keeps so many versions, and so much text', () => {
    let stored: Stored = first
    const large = dashboard(Array.from({ length: 10 }, (_, i) => widget(`w${i}`, { kind: 'text', y: i * 5, text: 'x'.repeat(4000), queries: [] })))
    for (let i = 0; i < 40; i++) stored = nextStored(stored, large, i, String(i))
    expect(stored.versions).toHaveLength(KEPT)
    const text = storedText(stored) ?? ''
    expect(text.length).toBeLessThanOrEqual(STORED_CHARACTERS)
    expect(readStored(text).stored?.versions.length).toBeGreaterThan(5)
    const huge = dashboard(Array.from({ length: 60 }, (_, i) => widget(`w${i}`, { text: 'x'.repeat(8000) })))
    expect(storedText(nextStored(null, huge, 0, ''))).toBeNull()
  })
  it.each(['', '[]', '{"name":"booster"}', 'null'])('%j belongs to another interface', (text) => expect(readStored(text)).toMatchObject({ stored: null, foreign: true }))
  it('a faulty version is left out, a faulty dashboard told', () => {
    const value = JSON.parse(storedText(nextStored(first, dashboard(), 2, 'b')) ?? '') as Record<string, any>
    value['versions'][0].widgets[0].kind = 'x'
    expect(readStored(JSON.stringify(value)).stored?.versions).toEqual([])
    value['widgets'][0].kind = 'x'
    expect(readStored(JSON.stringify(value)).faults[0]?.field).toBe('widgets[0].kind')
  })
  it('tells another writing of the same revision', () => {
    expect(unchanged(first, { ...first })).toBe(true)
    expect(unchanged(first, { ...first, stamp: 'zz' })).toBe(false)
  })
})

describe('ids of entities', () => {
  it('carry names', () => {
    expect(serviceOfId('cmVkaXMuc2hvcC5pbnRlcm5hbDo2Mzc5.0')).toEqual({ name: 'redis.shop.internal:6379', normal: false })
    expect(partOfId('Z2F0ZXdheQ==.1_Z2F0ZXdheS0y')).toEqual({ service: 'Z2F0ZXdheQ==.1', name: 'gateway-2' })
    expect(serviceOfId('5b6u5pyN5Yqh.1')?.name).toBe('微服务')
  })
  it.each(['', 'x', '%%.1', 'Z2F0.2', '/w==.1', '_'])('%j is none', (id) => expect([serviceOfId(id), partOfId(id)]).toEqual([null, null]))
})
