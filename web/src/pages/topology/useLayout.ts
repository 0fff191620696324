import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { startWorker } from '@/api'
import type { Layout } from '@/model'
import url from './layout.worker?worker&url'
import type { LayoutAnswer, LayoutQuestion } from './layout.worker'
import type { ShownGraph } from './shownGraph'

/** Layouts of views that were open, so that coming back finds everything where it was. */
const remembered = new Map<string, Layout>()
const REMEMBERED = 24
/** Edges that a layout is asked for anew; others find their way between what stands. */
const shapeOf = ({ nodes, edges }: ShownGraph): string => JSON.stringify([nodes.map((node) => [node.id, node.group]), edges.map((edge) => edge.id)])

/** The graph with the layout that belongs to it; the one before stays until the worker has answered. */
export function useLayout(graph: Ref<ShownGraph | null>, key: Ref<string>) {
  const worker = startWorker(url)
  const laid = shallowRef<{ graph: ShownGraph; layout: Layout } | null>(null)
  let shape = ''
  let number = 0
  let waiting: { id: number; key: string; graph: ShownGraph } | null = null

  worker.onmessage = ({ data }: MessageEvent<LayoutAnswer>) => {
    if (waiting?.id !== data.id) return
    remembered.delete(waiting.key)
    remembered.set(waiting.key, data.layout)
    if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value ?? '')
    laid.value = { graph: waiting.graph, layout: data.layout }
    waiting = null
  }
  function ask(next: ShownGraph, fresh: boolean): void {
    const before = fresh ? null : (remembered.get(key.value) ?? null)
    waiting = { id: ++number, key: key.value, graph: next }
    const question: LayoutQuestion = {
      id: number,
      graph: { nodes: next.nodes.map(({ id, group }) => ({ id, group })), edges: next.edges.map(({ id, source, target }) => ({ id, source, target })) },
      before,
    }
    worker.postMessage(question)
  }
  watch(
    graph,
    (next) => {
      if (next === null) return
      const now = `${key.value} ${shapeOf(next)}`
      const layout = remembered.get(key.value)
      if (now === shape && waiting) waiting.graph = next
      else if (now === shape && layout) laid.value = { graph: next, layout }
      else ask(next, false)
      shape = now
    },
    { immediate: true },
  )
  onScopeDispose(() => worker.terminate())
  return { laid, arrangeAnew: (): void => void (graph.value && ask(graph.value, true)) }
}
