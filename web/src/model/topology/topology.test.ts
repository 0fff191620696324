import { describe, expect, it } from 'vitest'
import { arrange } from './arrange'
import { boundsOf, fit, reveal, toPlane, toScreen, zoomAt } from './camera'
import { boxOf, curveBetween, distanceTo, pointOn } from './curves'
import { foldGroups, joinTraffic } from './folding'
import { narrowed, streamsOf, type Graph } from './graph'
import { readEntityId } from './ids'
import { kindOf } from './kinds'
import { layersOf } from './layers'
import { layoutGraph } from './layout'
import { BOX } from './room'

/** `graph('a>b', 'b>c')`; a name alone is a node without calls. */
function graph(...texts: string[]): Graph {
  const ids = [...new Set(texts.flatMap((text) => text.split('>')))]
  return { nodes: ids.map((id) => ({ id })), edges: texts.filter((text) => text.includes('>')).map((id) => ({ id, source: id.split('>')[0]!, target: id.split('>')[1]! })) }
}
function large(nodes: number, edges: number): Graph {
  let seed = 7
  const random = (): number => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648
  const texts = new Set<string>()
  for (let i = 1; i < nodes; i++) texts.add(`n${Math.floor(random() * i)}>n${i}`)
  while (texts.size < edges) texts.add(`n${Math.floor(random() * nodes)}>n${Math.floor(random() * nodes)}`)
  return graph(...texts)
}
function overlaps(at: Map<string, { x: number; y: number }>): string[] {
  const all = [...at]
  return all.flatMap(([a, p], i) => all.slice(i + 1).filter(([, q]) => Math.abs(p.x - q.x) < BOX.width * 0.9 && Math.abs(p.y - q.y) < BOX.height * 0.9).map(([b]) => `${a}/${b}`))
}

const shop = graph('user>gateway', 'gateway>catalog', 'gateway>checkout', 'checkout>orders', 'orders>db', 'catalog>redis', 'checkout>redis', 'orders>kafka', 'kafka>mail')

describe('layout', () => {
  it('puts a callee to the right of its caller, and nothing onto another', () => {
    const { at } = layoutGraph(shop)
    for (const { source, target } of shop.edges) expect(at.get(target)!.x).toBeGreaterThan(at.get(source)!.x)
    expect(overlaps(at)).toEqual([])
  })
  it('does not depend on the order of what it gets', () => {
    const reversed = { nodes: shop.nodes.toReversed(), edges: shop.edges.toReversed() }
    expect([...layoutGraph(reversed).at].sort()).toEqual([...layoutGraph(shop).at].sort())
  })
  it('leaves room for an edge that passes a layer', () => {
    const { routes, at } = layoutGraph(graph('a>b', 'b>c', 'a>c'))
    expect(routes.get('a>c')).toHaveLength(1)
    expect(Math.abs(routes.get('a>c')![0]!.y - at.get('b')!.y)).toBeGreaterThan(20)
  })
  it('keeps a group together', () => {
    const grouped = { nodes: shop.nodes.map(({ id }) => ({ id, group: ['catalog', 'orders', 'redis'].includes(id) ? 'g' : '' })), edges: shop.edges }
    const { at } = layoutGraph(grouped)
    const box = boundsOf(['catalog', 'orders', 'redis'].map((id) => at.get(id)!))!
    for (const id of ['user', 'gateway', 'kafka', 'mail']) {
      const { x, y } = at.get(id)!
      expect(x > box.left && x < box.right && y > box.top && y < box.bottom, id).toBe(false)
    }
    expect(overlaps(at)).toEqual([])
  })
  it('places cycles, calls to oneself, unknown ends and nodes without calls', () => {
    const odd = graph('a>b', 'b>a', 'c>c', 'alone')
    const { at } = layoutGraph({ nodes: odd.nodes, edges: [...odd.edges, { id: 'x', source: 'a', target: 'nowhere' }] })
    expect([...at.keys()].sort()).toEqual(['a', 'alone', 'b', 'c'])
    expect(overlaps(at)).toEqual([])
    expect(layoutGraph({ nodes: [], edges: [] }).at.size).toBe(0)
  })
  it('lays out 500 nodes and 2,000 edges at once, without overlaps', () => {
    const start = performance.now()
    const { at } = layoutGraph(large(500, 2000))
    expect(performance.now() - start).toBeLessThan(2000)
    expect(at.size).toBe(500)
    expect(overlaps(at)).toEqual([])
  })
  it('keeps long chains of a large graph within a picture that is not a thread', () => {
    const chain = graph(...Array.from({ length: 399 }, (_, i) => `c${i}>c${i + 1}`))
    const box = boundsOf(layoutGraph(chain).at.values())!
    expect((box.right - box.left) / (box.bottom - box.top)).toBeLessThan(5)
  })
  it('counts layers past cycles', () => {
    expect([...layersOf(graph('a>b', 'b>c', 'c>b', 'a>c'))]).toEqual([['a', 0], ['b', 1], ['c', 2]])
  })
})

describe('arrange', () => {
  const first = arrange(shop, null)
  it('keeps what was there where it was, whatever else comes and goes', () => {
    const next = arrange(graph('user>gateway', 'gateway>catalog', 'gateway>checkout', 'checkout>orders', 'orders>search', 'search>index', 'catalog>redis'), first)
    for (const id of ['user', 'gateway', 'catalog', 'checkout', 'orders', 'redis']) expect(next.at.get(id)).toEqual(first.at.get(id))
    expect(next.at.get('search')!.x).toBeGreaterThan(next.at.get('orders')!.x)
    expect(next.at.get('index')!.x).toBeGreaterThan(next.at.get('search')!.x)
    expect(overlaps(new Map([...next.at].filter(([id]) => id !== 'db' && id !== 'kafka' && id !== 'mail')))).toEqual([])
  })
  it('brings a node that was away back to its place', () => {
    const without = arrange(graph('user>gateway', 'gateway>catalog'), first)
    expect(arrange(shop, without).at.get('orders')).toEqual(first.at.get('orders'))
  })
  it('starts anew where hardly anything is known', () => {
    const other = graph('p>q', 'q>r', 'user>p')
    expect(arrange(other, first)).toEqual(layoutGraph(other))
  })
  it('finds a place for new nodes without known neighbours', () => {
    const next = arrange({ nodes: [...shop.nodes, { id: 'lone' }], edges: shop.edges }, first)
    expect(overlaps(next.at)).toEqual([])
  })
})

describe('streams', () => {
  it('lights what calls a node and what it calls, not their other neighbours', () => {
    const { nodes, edges } = streamsOf(shop.edges).ofNode('orders')
    expect([...nodes].sort()).toEqual(['checkout', 'db', 'gateway', 'kafka', 'mail', 'orders', 'user'])
    expect(edges.has('checkout>redis')).toBe(false)
    expect(edges.has('gateway>checkout')).toBe(true)
  })
  it('lights the way through an edge, and ends in cycles', () => {
    expect([...streamsOf(shop.edges).ofEdge(shop.edges.find((edge) => edge.id === 'orders>kafka')!).nodes].sort()).toEqual(['checkout', 'gateway', 'kafka', 'mail', 'orders', 'user'])
    expect([...streamsOf(graph('a>b', 'b>a').edges).ofNode('a').nodes].sort()).toEqual(['a', 'b'])
  })
  it('narrows to the edges that pass', () => {
    const { nodes, edges } = narrowed(shop, (edge) => edge.source === 'orders', (node) => node.id === 'user')
    expect(nodes.map((node) => node.id)).toEqual(['user', 'orders', 'db', 'kafka'])
    expect(edges).toHaveLength(2)
  })
})

describe('curves', () => {
  const a = { x: 0, y: 0 }
  it('leaves on the right and arrives on the left, through its route', () => {
    const curve = curveBetween(a, { x: 400, y: 100 }, [{ x: 200, y: -60 }])
    expect(pointOn(curve, 0)).toEqual({ x: 22, y: 0 })
    expect(pointOn(curve, 0.5)).toEqual({ x: 200, y: -60 })
    expect(pointOn(curve, 1)).toEqual({ x: 372, y: 100 })
  })
  it('forgets a route that no longer lies between its ends', () => {
    expect(curveBetween(a, { x: 400, y: 100 }, [{ x: 600, y: 0 }])).toEqual(curveBetween(a, { x: 400, y: 100 }))
  })
  it('goes around where the callee stands on the left, and loops to itself', () => {
    expect(boxOf(curveBetween(a, { x: -200, y: 0 })).top).toBeLessThan(-50)
    expect(curveBetween(a, a).every(Number.isFinite)).toBe(true)
  })
  it('tells how far a point is off', () => {
    const flat = curveBetween(a, { x: 300, y: 0 })
    expect(distanceTo(flat, { x: 150, y: 9 })).toBeCloseTo(9)
    expect(distanceTo(flat, { x: 300, y: 0 })).toBeGreaterThan(20)
  })
})

describe('camera', () => {
  const frame = { width: 1000, height: 600, insets: { left: 0, top: 50, right: 300, bottom: 0 } }
  it('fits all into what is free', () => {
    const box = boundsOf([{ x: 0, y: 0 }, { x: 3000, y: 400 }])!
    const camera = fit(box, frame)
    expect(toScreen(camera, { x: box.left, y: 0 }).x).toBeCloseTo(0)
    expect(toScreen(camera, { x: box.right, y: 0 }).x).toBeCloseTo(700)
    expect(fit(null, frame).k).toBe(1)
    expect(fit(boundsOf([{ x: 0, y: 0 }]), frame).k).toBeLessThanOrEqual(1.15)
  })
  it('zooms about the pointer, within bounds', () => {
    const camera = { x: 10, y: 20, k: 1 }
    const at = { x: 300, y: 200 }
    const next = zoomAt(camera, at, 1.5)
    expect(toPlane(next, at)).toEqual(toPlane(camera, at))
    expect(zoomAt(camera, at, 1000).k).toBe(2.5)
  })
  it('moves only for what is out of sight', () => {
    const camera = { x: 0, y: 0, k: 1 }
    expect(reveal(camera, { x: 300, y: 300 }, frame)).toEqual(camera)
    expect(toScreen(reveal(camera, { x: 950, y: 300 }, frame), { x: 950, y: 300 }).x).toBe(640)
  })
})

describe('folding', () => {
  const traffic = (cpm: number, errors: number) => ({ cpm, avg: 10, p99: cpm, errors })
  it('puts a group into one node and its calls together', () => {
    const grouped = { nodes: shop.nodes.map(({ id }) => ({ id, group: id === 'orders' || id === 'checkout' ? 'sales' : '' })), edges: shop.edges }
    const folded = foldGroups(grouped, new Set(['sales']), (group) => ({ id: `group:${group}`, group }), (id, source, target) => ({ id, source, target }))
    expect(folded.nodes.map((node) => node.id)).toEqual(['user', 'gateway', 'catalog', 'db', 'redis', 'kafka', 'mail', 'group:sales'])
    expect(folded.edges.filter((edge) => edge.source === 'group:sales').map((edge) => edge.target).sort()).toEqual(['db', 'kafka', 'redis'])
    expect(folded.edges.some((edge) => edge.source === edge.target)).toBe(false)
    expect(foldGroups(grouped, new Set(), () => grouped.nodes[0]!, () => shop.edges[0]!)).toBe(grouped)
  })
  it('weighs errors by calls and keeps the worst p99', () => {
    expect(joinTraffic([traffic(90, 0), traffic(10, 10), null])).toEqual({ cpm: 100, avg: 10, p99: 90, errors: 1 })
    expect(joinTraffic([null])).toBeNull()
  })
})

it('reads what an id says', () => {
  expect(readEntityId('b3JkZXJz.1')).toEqual({ service: 'orders', normal: true, serviceId: 'b3JkZXJz.1', child: null })
  expect(readEntityId('b3JkZXJz.1_UE9TVDov')).toMatchObject({ service: 'orders', child: 'POST:/' })
  expect(readEntityId('group:x')).toBeNull()
  expect(readEntityId('%.1')).toBeNull()
})

it('tells what a node is by its layer, else by its component', () => {
  const node = (type: string, real: boolean, ...layers: string[]) => kindOf({ type, real, layers })
  expect(node('USER', false)).toBe('user')
  expect(node('Mysql', false, 'VIRTUAL_DATABASE')).toBe('database')
  expect(node('Redis', false)).toBe('cache')
  expect(node('RabbitMQ', false)).toBe('queue')
  expect(node('HttpClient', false)).toBe('external')
  expect(node('Kafka', true, 'GENERAL')).toBe('service')
  expect(node('', true, 'GENERAL')).toBe('service')
  expect(node('', true)).toBe('external')
})
