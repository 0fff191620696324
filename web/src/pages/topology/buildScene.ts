import type { TopologyEdge } from '@/api'
import { BOX, boxOf, curveBetween, kindOf, readEntityId, type Box, type Layout, type NodeKind } from '@/model'
import { assignSlots, slotColour } from '@/ui/charts/serviceColours'
import { spoken } from '@/ui/text/numbers'
import type { Scene, SceneEdge, SceneGroup, SceneNode, Tone } from './draw/scene'
import { callsOf, slowest, worstErrors, type ShownGraph, type ShownNode } from './shownGraph'

/** Errors in per cent from which on an edge is coloured. */
const WARN = 1
const BAD = 5

export function shownKind(node: ShownNode): NodeKind {
  if (node.members) return 'group'
  // Instances and endpoints carry neither layer nor type of their own.
  return node.real && readEntityId(node.id)?.child != null ? 'service' : kindOf(node)
}

/** "96/s · 562 ms"; what does not report itself says what it is in front. */
export function noteOf(node: ShownNode, members: (count: number) => string): string {
  const parts: string[] = []
  if (node.members) parts.push(members(node.members.length))
  else if (!node.real && node.type !== '' && node.type.toUpperCase() !== 'USER') parts.push(node.type)
  if (node.cpm !== null && (node.real || parts.length === 0)) parts.push(spoken(node.cpm, 'rate'))
  if (node.p99 !== null) parts.push(spoken(node.p99, 'duration'))
  return parts.join(' · ')
}

/** 1.2 to 6 pixels by the order of magnitude of its calls; few steps, so that edges share a look. */
export function widthOf(cpm: number | null): number {
  if (cpm === null || cpm <= 0) return 1.2
  return Math.round(Math.min(6, Math.max(1.2, 1.2 + 0.8 * Math.log10(1 + cpm))) * 2.5) / 2.5
}

export function toneOf(edge: TopologyEdge): Tone {
  const errors = worstErrors(edge) ?? 0
  return errors >= BAD ? 'bad' : errors >= WARN ? 'warn' : 'plain'
}

export function edgeNote(edge: TopologyEdge): string {
  const calls = callsOf(edge)
  const time = edge.client?.avg ?? edge.server?.avg ?? slowest(edge)
  return [calls?.cpm == null ? '' : spoken(calls.cpm, 'rate'), time == null ? '' : spoken(time, 'duration')].filter((text) => text !== '').join(' · ')
}

/** Boxes about the nodes of each group, for those groups that have their box for themselves. */
function groupsOf(graph: ShownGraph, layout: Layout): SceneGroup[] {
  const members = new Map<string, ShownNode[]>()
  for (const node of graph.nodes) if (node.group !== '') members.set(node.group, [...(members.get(node.group) ?? []), node])
  const boxes: SceneGroup[] = []
  for (const [name, nodes] of members) {
    const box: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
    for (const { id } of nodes) {
      const at = layout.at.get(id)
      if (!at) continue
      box.left = Math.min(box.left, at.x - BOX.width / 2 - 8)
      box.right = Math.max(box.right, at.x + BOX.width / 2 + 8)
      box.top = Math.min(box.top, at.y - BOX.height / 2 - 14)
      box.bottom = Math.max(box.bottom, at.y + BOX.height / 2 + BOX.below + 6)
    }
    const strange = graph.nodes.some(({ id, group }) => {
      const at = layout.at.get(id)
      return group !== name && at !== undefined && at.x > box.left && at.x < box.right && at.y > box.top && at.y < box.bottom
    })
    if (box.left < Infinity && !strange) boxes.push({ name, box })
  }
  return boxes
}

/** What is drawn, in the order of the graph's nodes and edges. */
export function buildScene(graph: ShownGraph, layout: Layout, dark: boolean, members: (count: number) => string): Scene {
  const slots = assignSlots(graph.nodes.filter((node) => shownKind(node) === 'service').map((node) => node.name))
  const nodes = graph.nodes.map((node): SceneNode => {
    const at = layout.at.get(node.id) ?? { x: 0, y: 0 }
    const { name, status, errors, change } = node
    return { x: at.x, y: at.y, name, note: noteOf(node, members), kind: shownKind(node), status, errors, colour: slotColour(slots.get(name) ?? 0, dark), change }
  })
  const edges = graph.edges.map((edge): SceneEdge => {
    const from = layout.at.get(edge.source) ?? { x: 0, y: 0 }
    const to = edge.source === edge.target ? from : (layout.at.get(edge.target) ?? { x: 0, y: 0 })
    const curve = curveBetween(from, to, layout.routes.get(edge.id))
    return { curve, box: boxOf(curve), width: widthOf(callsOf(edge)?.cpm ?? null), tone: toneOf(edge), change: edge.change, label: edgeNote(edge) }
  })
  return { nodes, edges, groups: groupsOf(graph, layout) }
}
