import { getBytes, getJson, postJson } from '../http'
import type { Complete, Maybe, Named } from './conditions'

/** Conditions of a search. Durations in ms; tags as `key=value`, all of which have to match. */
export interface TraceCondition {
  from: number
  to: number
  service?: string
  instance?: string
  endpoint?: string
  state?: 'all' | 'ok' | 'error'
  min?: number
  max?: number
  tag?: readonly string[]
  keyword?: string
}

export interface TraceRow {
  traceId: string
  start: number
  duration: number
  service: string
  serviceId: string
  endpoint: string
  error: boolean
  spans: number
  errors: number
  depth: number
  /** Shares of the duration, 0..1. */
  services: readonly { name: string; share: number }[]
  critical: readonly { service: string; share: number }[]
  /** Whether parts of the trace are known to be missing. */
  partial: boolean
}
export interface TracePage extends Complete {
  traces: readonly TraceRow[]
  /** Cursor of the next page; null at the end. */
  next: string | null
}

export function searchTraces(
  condition: TraceCondition & { order?: 'start' | 'duration'; limit?: number; cursor?: string },
  signal: AbortSignal,
): Promise<TracePage> {
  return getJson<TracePage>('ui/traces', { ...condition }, signal)
}

/** Columns of equal length, one place per trace. */
export interface Scatter extends Complete {
  start: readonly number[]
  duration: readonly number[]
  error: readonly (0 | 1)[]
  traceId: readonly string[]
  service: readonly number[]
  services: readonly string[]
  endpoint: readonly number[]
  endpoints: readonly string[]
  /** Whether more traces match than were sent. */
  more: boolean
}

export function readScatter(condition: TraceCondition & { limit?: number }, signal: AbortSignal): Promise<Scatter> {
  return getJson<Scatter>('ui/scatter', { ...condition }, signal)
}

export interface TagDifference {
  key: string
  value: string
  chosen: number
  others: number
  chosenShare: number
  othersShare: number
  difference: number
  /** Tags that are in exactly the same traces. */
  together?: readonly { key: string; value: string }[]
}
export interface TagComparison extends Complete {
  chosen: number
  others: number
  tags: readonly TagDifference[]
}
export type Chosen = { box: { from: number; to: number; min: number; max: number } } | { traces: readonly string[] }

/** Tags by how much more often the chosen traces carry them than the others that match. */
export function compareTags(condition: TraceCondition, chosen: Chosen, signal: AbortSignal): Promise<TagComparison> {
  return postJson<TagComparison>('ui/tags/compare', { condition, ...chosen }, signal)
}

/** All spans of a trace as columns; `model` decodes them. */
export function readTraceColumns(id: string, signal: AbortSignal): Promise<ArrayBuffer> {
  return getBytes('ui/trace', { id }, signal)
}

export interface SpanDetail {
  traceId: string
  segmentId: string
  number: number
  service: Named
  instance: Named
  endpoint: Named | null
  operation: string
  kind: string
  layer: string
  component: string
  peer: string
  start: number
  duration: Maybe
  error: boolean
  tags: readonly { key: string; value: string }[]
  events: readonly { at: Maybe; fields: readonly { key: string; value: string }[] }[]
  links: readonly { kind: string; traceId: string; segmentId: string; span: number; service: string | null }[]
  usual: { p50: number; p99: number; samples: number } | null
}

export function readSpan(trace: string, segment: string, span: number, signal: AbortSignal): Promise<SpanDetail> {
  return getJson<SpanDetail>('ui/span', { trace, segment, span }, signal)
}
