import {
  collapseToLevel,
  filterRows,
  flameTree,
  groupRows,
  idleStretches,
  itemOf,
  KIND_NAMES,
  modelTrace,
  newShape,
  openTrace,
  paintRaster,
  reveal,
  type Shape,
  type SpanTags,
  tagTable,
  type TagTable,
  type TraceModel,
  visibleRows,
} from '@/model'
import type { GroupBy, ListOrder, OpenedTrace, PathByRow, Reply, Request, RequestName, Requests, ShapeChange } from './protocol'

/** Size of the minimap's picture. */
const PICTURE = { width: 1200, height: 64 }
/** Shorter stretches without any span are not marked; share of the whole trace. */
const LEAST_IDLE = 0.01

/** The one trace that this worker holds. */
interface Held {
  model: TraceModel
  shape: Shape
  tags: TagTable | null
}

let held: Held | null = null

function trace(): Held {
  if (held === null) throw new Error('no trace is open')
  return held
}

function hold(model: TraceModel): OpenedTrace {
  const same = held?.model.columns === model.columns
  const shape = same && held ? held.shape : newShape(model.columns.count, model.columns.header.services.length)
  held = { model, shape, tags: same && held ? held.tags : null }
  return opened(model)
}

function opened(model: TraceModel): OpenedTrace {
  const { columns, timing, times, path, calls } = model
  return {
    header: columns.header,
    summary: model.summary,
    clocks: model.clocks,
    arrays: {
      start: timing.start.slice(),
      end: timing.end.slice(),
      duration: columns.duration.slice(),
      self: times.self.slice(),
      gapFrom: times.gapFrom.slice(),
      gapTo: times.gapTo.slice(),
      pathTime: path.time.slice(),
      parent: model.tree.parent.slice(),
      segment: columns.segment.slice(),
      number: columns.number.slice(),
      operation: columns.operation.slice(),
      peer: columns.peer.slice(),
      service: model.service.slice(),
      client: calls.client.slice(),
      server: calls.server.slice(),
      component: columns.component.slice(),
      flags: columns.flags.slice(),
      kind: columns.kind.slice(),
      edges: model.edges.slice(),
      marks: model.parents.marks.slice(),
    },
    path: pathByRow(model),
    order: model.tree.order.slice(),
    idle: idleStretches(model.tree, timing, (timing.to - timing.from) * LEAST_IDLE),
    from: timing.from,
    to: timing.to,
  }
}

function pathByRow({ path, columns }: TraceModel): PathByRow {
  const first = new Int32Array(columns.count + 1)
  for (const row of path.row) first[row + 1]!++
  for (let row = 0; row < columns.count; row++) first[row + 1]! += first[row]!
  const next = first.slice()
  const from = new Float64Array(path.row.length)
  const to = new Float64Array(path.row.length)
  path.row.forEach((row, i) => {
    const at = next[row]!++
    from[at] = path.from[i]!
    to[at] = path.to[i]!
  })
  return { first, from, to }
}

/** Carries a change out; gives the row that a reveal made visible, else -1. */
function reshape({ model, shape }: Held, change: ShapeChange): number {
  switch (change.change) {
    case 'toggle':
      shape.collapsed[change.row] = shape.collapsed[change.row] ? 0 : 1
      return -1
    case 'split':
      shape.split[change.row] = shape.split[change.row] ? 0 : 1
      return -1
    case 'merge':
      shape.merge = change.on
      shape.split.fill(0)
      return -1
    case 'level':
      collapseToLevel(model, shape, change.levels)
      return -1
    case 'fold':
      if (change.service === 'all') shape.folded.fill(change.on ? 1 : 0)
      else shape.folded[change.service] = change.on ? 1 : 0
      return -1
    case 'reveal':
      return change.row >= 0 && change.row < model.columns.count ? reveal(model, shape, change.row) : -1
    default:
      return -1
  }
}

const filtered = ({ model, tags }: Held, query: string): Int32Array =>
  filterRows({ columns: model.columns, marks: model.parents.marks, pathTime: model.path.time, tags }, model.tree.order, query)

function sorted({ model }: Held, rows: Int32Array, order: ListOrder, reverse: boolean): Int32Array {
  const by = { start: model.timing.start, duration: model.columns.duration, self: model.times.self, path: model.path.time }[order]
  const sign = reverse ? -1 : 1
  return rows.slice().sort((a, b) => sign * (by[a]! - by[b]!) || a - b)
}

function groupColumn({ model, tags }: Held, by: GroupBy): { of: Int32Array; names: readonly string[] } {
  const { columns } = model
  const h = columns.header
  if (by.startsWith('tag:')) {
    const column = tags?.column(by.slice(4)) ?? { of: new Int32Array(columns.count).fill(-1), values: [] }
    return { of: column.of, names: column.values }
  }
  switch (by) {
    case 'operation':
      return { of: columns.operation, names: h.operations }
    case 'kind':
      return { of: Int32Array.from(columns.kind), names: KIND_NAMES }
    case 'instance':
      return { of: model.instance, names: h.instances }
    case 'peer':
      return { of: columns.peer, names: h.peers }
    case 'layer':
      return { of: Int32Array.from(columns.layer), names: h.layers.length > 0 ? h.layers : [''] }
    case 'component':
      return { of: Int32Array.from(columns.component), names: h.components }
    default:
      return { of: model.service, names: h.services }
  }
}

type Handlers = { [N in RequestName]: (ask: Requests[N]['ask']) => Requests[N]['answer'] }

const handlers: Handlers = {
  open: ({ bytes, skew }) => hold(openTrace(bytes, { skew })),
  skew: ({ skew }) => hold(modelTrace(trace().model.columns, { skew })),
  rows({ changes }) {
    const { model, shape } = trace()
    let revealed = -1
    for (const change of changes) revealed = Math.max(revealed, reshape(trace(), change))
    const rows = visibleRows(model, shape)
    return { rows, raster: paintRaster(model.columns, model.timing, model.service, rows.row, PICTURE), revealed: revealed < 0 ? -1 : itemOf(model, shape, revealed) }
  },
  find: ({ query }) => ({ rows: query.trim() === '' ? new Int32Array(0) : filtered(trace(), query).slice() }),
  list: ({ query, order, reverse }) => ({ rows: sorted(trace(), filtered(trace(), query), order, reverse) }),
  groups({ by, query }) {
    const { model } = trace()
    const { of, names } = groupColumn(trace(), by)
    return { groups: groupRows(model.columns, model.times.self, filtered(trace(), query), of, names.length), names: [...names] }
  },
  flame: () => flameTree(trace().model.columns, trace().model.tree, trace().model.service, trace().model.times.self),
  tag: ({ key }) => trace().tags?.column(key) ?? { of: new Int32Array(0), values: [] },
  tags({ bytes }) {
    const answer = JSON.parse(new TextDecoder().decode(bytes)) as { data?: { queryTrace?: { spans?: SpanTags[] } | null } | null }
    const table = tagTable(trace().model.columns, answer.data?.queryTrace?.spans ?? [])
    trace().tags = table
    return { keys: table.keys }
  },
}

/** Buffers of an answer, which travel without a copy; the worker keeps none of them. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) found.add(value.buffer as ArrayBuffer)
  else if (typeof value === 'object' && value !== null && !Array.isArray(value)) for (const part of Object.values(value)) buffersOf(part, found)
  return found
}

self.onmessage = (event: MessageEvent<Request>): void => {
  const { id, name, ask } = event.data
  let reply: Reply
  try {
    reply = { id, answer: (handlers[name] as (ask: unknown) => unknown)(ask) }
  } catch (error) {
    reply = { id, failure: error instanceof Error ? error.message : String(error) }
  }
  const buffers = 'answer' in reply ? [...buffersOf(reply.answer)] : []
  ;(self as unknown as { postMessage(message: unknown, transfer: Transferable[]): void }).postMessage(reply, buffers)
}
