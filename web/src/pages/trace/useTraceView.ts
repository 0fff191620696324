import { choiceCodec, numberCodec, textCodec, useAddress, useAddressList, type Codec } from '@/ui/view/address'
import type { GroupBy, ListOrder } from './protocol'
import type { Stretch } from './rows/scale'

export const VIEWS = ['waterfall', 'table', 'statistics', 'flame', 'list'] as const
export type ViewName = (typeof VIEWS)[number]

export const GROUPS = ['service', 'operation', 'kind', 'instance', 'peer', 'layer', 'component'] as const

/** `12.5~80`, ms after the trace's start. */
export const stretchCodec: Codec<Stretch | null> = {
  parse(text) {
    const parts = /^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(text ?? '')
    return parts && Number(parts[1]) < Number(parts[2]) ? { from: Number(parts[1]), to: Number(parts[2]) } : null
  },
  format: (stretch) => (stretch === null ? null : `${trim(stretch.from)}~${trim(stretch.to)}`),
}
const trim = (ms: number): string => String(Math.round(ms * 1000) / 1000)

const groupCodec: Codec<GroupBy> = {
  parse: (text) => (GROUPS.find((known) => known === text) ?? (text?.startsWith('tag:') ? (text as GroupBy) : 'service')),
  format: (by) => (by === 'service' ? null : by),
}

/** A span as it stands in the address: its segment and its number in it. */
export interface SpanName {
  segment: string
  number: number
}

/** `segment.number`; ids of segments hold dots themselves. */
export const spanCodec: Codec<SpanName | null> = {
  parse(text) {
    const dot = text?.lastIndexOf('.') ?? -1
    if (text === null || dot <= 0 || !/^\d+$/.test(text.slice(dot + 1))) return null
    return { segment: text.slice(0, dot), number: Number(text.slice(dot + 1)) }
  },
  format: (span) => (span === null ? null : `${span.segment}.${span.number}`),
}

const orders: readonly ListOrder[] = ['start', 'duration', 'self', 'path']
export const orderCodec: Codec<{ order: ListOrder; reverse: boolean }> = {
  parse(text) {
    const order = orders.find((known) => known === text?.replace(/^-/, ''))
    return { order: order ?? 'start', reverse: order !== undefined && text!.startsWith('-') }
  },
  format: ({ order, reverse }) => (order === 'start' && !reverse ? null : (reverse ? '-' : '') + order),
}

/** All that defines what the page shows; it lives in the address. */
export function useTraceView() {
  return {
    id: useAddress('id', textCodec),
    view: useAddress<ViewName>('view', choiceCodec(VIEWS, 'waterfall'), { push: true }),
    span: useAddress('span', spanCodec),
    find: useAddress('find', textCodec),
    filter: useAddress('filter', textCodec),
    order: useAddress('order', orderCodec),
    by: useAddress('by', groupCodec),
    zoom: useAddress('zoom', stretchCodec),
    skew: useAddress('skew', choiceCodec(['on', 'off'] as const, 'on')),
    path: useAddress('path', choiceCodec(['on', 'off'] as const, 'on')),
    calls: useAddress('calls', choiceCodec(['one', 'two'] as const, 'one')),
    levels: useAddress('levels', numberCodec()),
    fold: useAddressList('fold'),
  }
}
export type TraceView = ReturnType<typeof useTraceView>
