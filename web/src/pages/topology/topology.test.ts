import { describe, expect, it } from 'vitest'
import type { Calls, TopologyEdge, TopologyNode } from '@/api'
import { groupId } from '@/model'
import { noteOf, shownKind, toneOf, widthOf } from './buildScene'
import { edgeEntity, edgeTraces, nodeEntity, nodeTraces } from './panel/entities'
import { findingsOf, shownGraph } from './shownGraph'
import { cameraCodec } from './useTopologyView'

const calls = (cpm: number, errors = 0): Calls => ({ cpm, avg: 5, p99: 20, errors })
const node = (id: string, more: Partial<TopologyNode> = {}): TopologyNode => ({ id, name: id, type: 'Spring', real: true, layers: ['GENERAL'], group: '', ...calls(60), status: 'ok', change: null, ...more })
const edge = (source: string, target: string, client: Calls | null, server: Calls | null): TopologyEdge => ({ id: `${source}-${target}`, source, target, components: [], client, server, change: null })

const orders = node('b3JkZXJz.1', { group: 'shop' })
const carts = node('Y2FydHM=.1', { group: 'shop', status: 'failing' })
const db = node('ZGI=.0', { real: false, type: 'Mysql', layers: ['VIRTUAL_DATABASE'] })
const topology = { nodes: [orders, carts, db], edges: [edge(orders.id, carts.id, calls(10), calls(12, 6)), edge(orders.id, db.id, calls(500), null), edge(carts.id, db.id, calls(100), null), edge(db.id, 'unknown', null, null)], complete: true }
const free = { calls: null, errors: null, slow: null }

describe('what is shown', () => {
  it('leaves out edges whose ends are not there', () => {
    expect(shownGraph(topology, free, [], '').edges).toHaveLength(3)
  })
  it('keeps edges over every threshold, their ends, and the node that all is around', () => {
    const { nodes, edges } = shownGraph(topology, { ...free, calls: 200 }, [], carts.id)
    expect(edges.map((one) => one.target)).toEqual([db.id])
    expect(nodes.map((one) => one.id)).toEqual([orders.id, carts.id, db.id])
    expect(shownGraph(topology, { ...free, errors: 5 }, [], '').nodes).toHaveLength(2)
  })
  it('folds a group into its worst member', () => {
    const graph = shownGraph(topology, free, ['shop'], '')
    expect(graph.nodes.find((one) => one.id === groupId('shop'))).toMatchObject({ status: 'failing', cpm: 120 })
    expect(graph.edges).toMatchObject([{ source: groupId('shop'), target: db.id, client: { cpm: 600 }, server: null }])
    expect(findingsOf(graph)).toEqual({ failing: 1, risk: 0, new: 0, gone: 0 })
  })
})

it('draws wider what is called more, and red what fails', () => {
  expect(widthOf(null)).toBeLessThan(widthOf(100))
  expect(widthOf(1e9)).toBe(6)
  expect(topology.edges.slice(0, 2).map(toneOf)).toEqual(['bad', 'plain'])
  expect(noteOf(db, String)).toBe('Mysql · 20 ms')
  expect(noteOf(orders, String)).toBe('1/s · 20 ms')
})

it('leads to the traces of what reports itself', () => {
  expect(nodeTraces(orders, 'services')).toEqual({ service: orders.id })
  expect(nodeTraces(db, 'services')).toBeNull()
  expect(edgeTraces(orders, db, 'services')?.of).toBe(orders)
  expect(edgeTraces(orders, carts, 'services')?.of).toBe(carts)
  const instance = node('b3JkZXJz.1_aS0x', { type: '', layers: [] })
  expect(shownKind(instance)).toBe('service')
  expect(nodeTraces(instance, 'instances')).toEqual({ service: 'b3JkZXJz.1', instance: instance.id })
})

it('asks for the charts of what was chosen', () => {
  expect(nodeEntity(db, 'services')).toEqual({ serviceName: 'db', normal: false })
  expect(nodeEntity(node('b3JkZXJz.1_aS0x'), 'instances')).toEqual({ serviceName: 'orders', normal: true, serviceInstanceName: 'i-1' })
  expect(edgeEntity(topology.edges[1]!, 'services')).toEqual({ serviceName: 'orders', normal: true, destServiceName: 'db', destNormal: false })
  expect(edgeEntity(edge(groupId('shop'), db.id, null, null), 'services')).toBeNull()
})

it('keeps the camera in the address', () => {
  expect(cameraCodec.parse(cameraCodec.format({ x: 12.4, y: -3, k: 0.51234 }))).toEqual({ x: 12, y: -3, k: 0.512 })
  for (const text of [null, '', '1,2', '1,2,x', '1,2,0', '1,2,99', '1,,1']) expect(cameraCodec.parse(text)).toBeNull()
})
