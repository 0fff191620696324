import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { postBytes, readTraceColumns } from '@/api'
import { shortStatement, type Raster, type VisibleRows } from '@/model'
import { useServerData } from '@/ui/state/useServerData'
import { refreshCount } from '@/ui/time/useTime'
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

/** Up to so many spans their tags are fetched for the statements of their database calls. */
const TOLD = 5_000

/** Traces that began longer ago, in ms, are not asked for again. */
const YOUNG = 15 * 60_000

function sameBytes(a: ArrayBuffer, b: ArrayBuffer): boolean {
  if (a === b) return true
  if (a.byteLength !== b.byteLength || a.byteLength % 4 !== 0) return false
  const x = new Uint32Array(a)
  const y = new Uint32Array(b)
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false
  return true
}

/** The trace of the page: its bytes from the server, its model in a worker. */
export function useTrace(view: TraceView) {
  const trace = shallowRef<OpenedTrace | null>(null)
  const laid = shallowRef<Laid | null>(null)
  const failure = shallowRef<Error | null>(null)
  const tagKeys = shallowRef<{ key: string; spans: number }[] | null>(null)
  /** Short statements of database calls by row. */
  const statements = shallowRef<ReadonlyMap<number, string>>(new Map())
  let session: TraceSession | null = null
  let tagged: Promise<void> | null = null
  let held: ArrayBuffer | null = null

  const bytes = useServerData(
    () => ['trace', view.id.value],
    (_, signal) => readTraceColumns(view.id.value, signal),
    { enabled: () => view.id.value !== '', timed: false },
  )

  function close(): void {
    session?.close()
    session = null
    held = null
    failure.value = null
    trace.value = null
    laid.value = null
    statements.value = new Map()
    tagKeys.value = null
    tagged = null
  }

  /** Asks the worker; an answer for a trace that has been left since is never given. */
  function ask<N extends RequestName>(name: N, question: Requests[N]['ask']): Promise<Requests[N]['answer']> {
    const asked = session
    if (asked === null) return new Promise(() => {})
    const never = new Promise<never>(() => {})
    return asked.ask(name, question).then(
      (answer) => (asked === session ? answer : never),
      (error: unknown) => (asked === session ? Promise.reject(error) : never),
    )
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

  /** Opens bytes beside what is shown, which stays until the new is ready; what is the same as before is left alone. */
  async function open(data: ArrayBuffer): Promise<void> {
    if (held !== null && sameBytes(held, data)) return
    held = data
    failure.value = null
    const next = new TraceSession()
    try {
      const opened = await next.ask('open', { bytes: data, skew: view.skew.value === 'on' })
      if (held !== data) return next.close()
      session?.close()
      session = next
      tagKeys.value = null
      tagged = null
      trace.value = opened
      statements.value = new Map()
      await change(shapeOfAddress(opened))
      // Rows do without them where they cannot be had.
      void needStatements(opened).catch(() => undefined)
    } catch (error) {
      next.close()
      if (held === data) failure.value = error instanceof Error ? error : new Error(String(error))
    }
  }

  watch(view.id, close)
  watch(
    () => bytes.data.value,
    (data) => {
      if (data !== undefined) void open(data)
    },
    { immediate: true },
  )
  // A young trace that misses something may have got it since.
  watch(refreshCount, () => {
    const opened = trace.value
    if (opened === null || Date.now() - opened.header.base > YOUNG) return
    const { orphans, inFlight } = opened.summary
    if (orphans > 0 || inFlight > 0 || !opened.header.complete) void bytes.refetch()
  })
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

  async function needStatements({ header }: OpenedTrace): Promise<void> {
    if (header.spans > TOLD || !header.layers.includes('Database')) return
    await needTags()
    const { of, values } = await ask('tag', { key: 'db.statement' })
    const short = values.map(shortStatement)
    const found = new Map<number, string>()
    of.forEach((value, row) => value >= 0 && found.set(row, short[value] ?? ''))
    statements.value = found
  }

  onScopeDispose(close)
  const pending = computed(() => view.id.value !== '' && failure.value === null && bytes.error.value === null && laid.value === null)
  return {
    trace,
    laid,
    statements,
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
