import { edgesBy, type Graph, type Point } from './graph'

/** Edges that close a cycle, found by going down from the nodes that nobody calls; ignored for the layers. */
function backEdges(graph: Graph): Set<string> {
  const out = edgesBy(graph.edges, 'source')
  const called = new Set(graph.edges.filter((edge) => edge.source !== edge.target).map((edge) => edge.target))
  const starts = [...graph.nodes.filter((node) => !called.has(node.id)), ...graph.nodes]
  const state = new Map<string, 'open' | 'done'>()
  const back = new Set<string>()
  for (const { id: start } of starts) {
    if (state.has(start)) continue
    const path = [{ id: start, next: 0 }]
    state.set(start, 'open')
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = out.get(top.id)?.[top.next++]
      if (!edge) {
        state.set(top.id, 'done')
        path.pop()
      } else if (state.get(edge.target) === 'open') back.add(edge.id)
      else if (!state.has(edge.target)) {
        state.set(edge.target, 'open')
        path.push({ id: edge.target, next: 0 })
      }
    }
  }
  return back
}

/** Layer of every node: one more than the last of its callers, cycles aside. */
export function layersOf(graph: Graph): Map<string, number> {
  const back = backEdges(graph)
  const forward = graph.edges.filter((edge) => !back.has(edge.id))
  const out = edgesBy(forward, 'source')
  const waiting = new Map(graph.nodes.map((node) => [node.id, 0]))
  for (const edge of forward) waiting.set(edge.target, (waiting.get(edge.target) ?? 0) + 1)
  const layers = new Map<string, number>()
  const open = graph.nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id)
  for (const id of open) layers.set(id, 0)
  for (let i = 0; i < open.length; i++) {
    const id = open[i]!
    for (const edge of out.get(id) ?? []) {
      layers.set(edge.target, Math.max(layers.get(edge.target) ?? 0, (layers.get(id) ?? 0) + 1))
      const left = (waiting.get(edge.target) ?? 0) - 1
      waiting.set(edge.target, left)
      if (left === 0) open.push(edge.target)
    }
  }
  return layers
}

/** Passes over the layers; more change little. */
const SWEEPS = 8

function sweep(rows: string[][], edges: Graph['edges']): void {
  const callers = edgesBy(edges, 'target')
  const callees = edgesBy(edges, 'source')
  const place = new Map<string, number>()
  const number = (row: readonly string[]): void => row.forEach((id, i) => place.set(id, row.length < 2 ? 0.5 : i / (row.length - 1)))
  rows.forEach(number)
  for (let turn = 0; turn < SWEEPS; turn++) {
    const down = turn % 2 === 0
    for (const row of down ? rows : rows.toReversed()) {
      const middle = new Map(
        row.map((id) => {
          const others = ((down ? callers : callees).get(id) ?? []).map((edge) => place.get(down ? edge.source : edge.target) ?? 0)
          return [id, others.length === 0 ? (place.get(id) ?? 0) : others.reduce((sum, at) => sum + at, 0) / others.length] as const
        }),
      )
      row.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0) || (a < b ? -1 : 1))
      number(row)
    }
  }
}

/**
 * Positions in layers for graphs that are too large for a layout that minimises crossings properly: every layer is ordered
 * by the middle of its neighbours, and one that is too tall is broken into several columns.
 */
export function layoutLayers(graph: Graph, column: number, row: number): Map<string, Point> {
  const layers = layersOf(graph)
  const depth = Math.max(0, ...layers.values()) + 1
  const most = Math.max(6, Math.ceil(Math.sqrt(graph.nodes.length) * 0.9))
  // A chain of calls much longer than the picture is wide shares its columns.
  const share = Math.min(1, most / depth)
  const rows: string[][] = []
  for (const { id } of graph.nodes) (rows[Math.floor((layers.get(id) ?? 0) * share)] ??= []).push(id)
  const filled = rows.filter((one) => one !== undefined)
  sweep(filled, graph.edges)
  const tallest = Math.max(8, Math.ceil(Math.sqrt(graph.nodes.length * 1.4)))
  const at = new Map<string, Point>()
  let x = 0
  for (const ids of filled) {
    const columns = Math.ceil(ids.length / tallest)
    const height = Math.ceil(ids.length / columns)
    ids.forEach((id, i) => {
      const inColumn = Math.floor(i / columns)
      // Neighbours in the order stay neighbours, and every second column is shifted so that edges pass between.
      at.set(id, { x: x + (i % columns) * column * 0.8, y: (inColumn - (height - 1) / 2 + (i % columns) * 0.3) * row })
    })
    x += column * (1 + (columns - 1) * 0.8) + column * 0.25
  }
  return at
}
