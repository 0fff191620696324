import { edgesBy, type Graph, type Point } from './graph'
import { layoutGraph } from './layout'
import { BOX, COLUMN, ROW, type LaidNode, type Layout } from './room'

/** From this share of nodes on that were never seen, the picture is drawn anew: there is nothing left to recognise. */
const TOO_NEW = 0.5

/**
 * The layout for a graph that follows on another: nodes that were seen before stand where they stood, new ones beside those
 * that they call or are called by. `before` also holds nodes that are away for now, so that they come back to their place.
 */
export function arrange(graph: Graph<LaidNode>, before: Layout | null): Layout {
  const fresh = before === null ? graph.nodes : graph.nodes.filter((node) => !before.at.has(node.id))
  if (before === null || fresh.length > graph.nodes.length * TOO_NEW) return layoutGraph(graph)
  const at = new Map(before.at)
  const shown = new Map(graph.nodes.flatMap((node) => (at.has(node.id) ? [[node.id, at.get(node.id)!] as const] : [])))
  const callers = edgesBy(graph.edges, 'target')
  const callees = edgesBy(graph.edges, 'source')
  let open = fresh.map((node) => node.id).sort()
  while (open.length > 0) {
    const near = open.filter((id) => [...(callers.get(id) ?? []).map((edge) => edge.source), ...(callees.get(id) ?? []).map((edge) => edge.target)].some((other) => shown.has(other)))
    for (const id of near.length > 0 ? near : open.slice(0, 1)) {
      const sources = (callers.get(id) ?? []).flatMap((edge) => shown.get(edge.source) ?? [])
      const targets = (callees.get(id) ?? []).flatMap((edge) => shown.get(edge.target) ?? [])
      const point = free(wanted(sources, targets, shown), shown)
      shown.set(id, point)
      at.set(id, point)
    }
    open = open.filter((id) => !shown.has(id))
  }
  return { at, routes: before.routes }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function wanted(sources: readonly Point[], targets: readonly Point[], shown: ReadonlyMap<string, Point>): Point {
  if (sources.length > 0) return { x: Math.max(...sources.map((point) => point.x)) + COLUMN, y: mean(sources.map((point) => point.y)) }
  if (targets.length > 0) return { x: Math.min(...targets.map((point) => point.x)) - COLUMN, y: mean(targets.map((point) => point.y)) }
  const all = [...shown.values()]
  if (all.length === 0) return { x: 0, y: 0 }
  return { x: Math.min(...all.map((point) => point.x)), y: Math.max(...all.map((point) => point.y)) + ROW }
}

/** The nearest place above or below that no node takes. */
function free(start: Point, shown: ReadonlyMap<string, Point>): Point {
  const taken = [...shown.values()].filter((point) => Math.abs(point.x - start.x) < BOX.width)
  for (let step = 0; ; step++) {
    for (const side of step === 0 ? [0] : [1, -1]) {
      const y = start.y + side * step * (ROW / 2)
      if (taken.every((point) => Math.abs(point.y - y) >= BOX.height)) return { x: start.x, y }
    }
  }
}
