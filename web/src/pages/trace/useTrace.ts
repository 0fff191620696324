import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { postBytes, readTraceColumns } from '@/api'
import type { Raster, VisibleRows } from '@/model'
import { useServerData } from '@/ui/state/useServerData'
import type { OpenedTrace, RequestName, Requests, ShapeChange } from './protocol'
import { TraceSession } from './session'
import type { TraceView } from './useTraceView'

/** The visible rows with the place of every span among them. */
export interface Laid {
  rows: VisibleRows
  raster: Raster
  at: Int32Array
}

const TAGS = 'query ($id: ID!) { queryTrace(traceId: $id) { spans { segmentId spanId tags { key value } } } }'

/** The trace of the page: its bytes from the server, its model in a worker. */
export function useTrace(view: TraceView) {
  const trace = shallowRef<OpenedTrace | null>(null)
  const laid = shallowRef<Laid | null>(null)
  const failure = shallowRef<Error | null>(null)
  const tagKeys = shallowRef<{ key: string; spans: number }[] | null>(null)
  let session: TraceSession | null = null
  let tagged: Promise<void> | null = null

  const bytes = useServerData(
    () => ['trace', view.id.value],
    (_, signal) => readTraceColumns(view.id.value, signal),
    { enabled: () => view.id.value !== '', timed: false },
  )

  function close(): void {
    session?.close()
    session = null
    trace.value = null
    laid.value = null
    tagKeys.value = null
    tagged = null
  }

  /** Asks the worker; an answer for a trace that has been left since is never given. */
  function ask<N extends RequestName>(name: N, question: Requests[N]['ask']): Promise<Requests[N]['answer']> {
    const asked = session
    if (asked === null) return new Promise(() => {})
    return asked.ask(name, question).then((answer) => (asked === session ? answer : new Promise(() => {})))
  }

  async function change(changes: ShapeChange[]): Promise<number> {
    const { rows, raster, revealed } = await ask('rows', { changes })
    const at = new Int32Array(trace.value?.arrays.start.length ?? 0).fill(-1)
    rows.row.forEach((row, index) => (at[row] = index))
    laid.value = { rows, raster, at }
    return revealed
  }

  /** How the address says the tree is open. */
  function shapeOfAddress(opened: OpenedTrace): ShapeChange[] {
    const changes: ShapeChange[] = [{ change: 'merge', on: view.calls.value === 'one' }]
    if (view.levels.value !== null) changes.push({ change: 'level', levels: Math.max(1, view.levels.value) })
    for (const name of view.fold.value) {
      const service = opened.header.services.indexOf(name)
      if (service >= 0 || name === '*') changes.push({ change: 'fold', service: name === '*' ? 'all' : service, on: true })
    }
    return changes
  }

  watch(
    () => bytes.data.value,
    async (data) => {
      close()
      failure.value = null
      if (data === undefined) return
      session = new TraceSession()
      try {
        const opened = await ask('open', { bytes: data, skew: view.skew.value === 'on' })
        trace.value = opened
        await change(shapeOfAddress(opened))
      } catch (error) {
        failure.value = error instanceof Error ? error : new Error(String(error))
      }
    },
    { immediate: true },
  )
  watch(view.skew, async (skew) => {
    if (trace.value === null) return
    trace.value = await ask('skew', { skew: skew === 'on' })
    await change([{ change: 'none' }])
  })
  watch(view.calls, (calls) => void change([{ change: 'merge', on: calls === 'one' }]))
  watch(view.levels, (levels) => void change([{ change: 'level', levels: levels === null ? Infinity : Math.max(1, levels) }]))
  watch(view.fold, (now, before) => {
    if (trace.value !== null && now.join('\n') !== before.join('\n')) void change([{ change: 'fold', service: 'all', on: false }, ...shapeOfAddress(trace.value).filter(({ change }) => change === 'fold')])
  })

  /** Fetches the tags of all spans, once; they are only needed to group or filter by them. */
  function needTags(): Promise<void> {
    const controller = new AbortController()
    tagged ??= postBytes('graphql', { query: TAGS, variables: { id: view.id.value } }, controller.signal)
      .then((answer) => ask('tags', { bytes: answer }))
      .then(({ keys }) => {
        tagKeys.value = keys
      })
      .catch((error: unknown) => {
        tagged = null
        throw error
      })
    return tagged
  }

  onScopeDispose(close)
  const pending = computed(() => view.id.value !== '' && failure.value === null && bytes.error.value === null && laid.value === null)
  return {
    trace,
    laid,
    tagKeys,
    error: computed(() => failure.value ?? bytes.error.value),
    pending,
    bytes,
    retry: (): void => void bytes.refetch(),
    ask,
    change,
    needTags,
  }
}
export type TraceStore = ReturnType<typeof useTrace>
