import type { MqeResult } from '@/api'
import type { MeasureKind } from '../text/numbers'

export type EntityScope = 'service' | 'instance' | 'endpoint' | 'database' | 'cache' | 'queue'

export interface ChartDefinition {
  /** Its title is `ui.chart.<key>`. */
  key: string
  kind: MeasureKind
  /** One MQE expression; each of its results is a line. */
  expression: string
  /** Label of the results that names the lines; without one there is a single line. */
  by?: string
  tone?: 'accent' | 'bad'
  fill?: boolean
  atLeast?: number
}

function calls(prefix: string, percentiles: boolean, key = 'requests'): ChartDefinition[] {
  return [
    { key, kind: 'rate', expression: `${prefix}_cpm`, fill: true },
    percentiles
      ? { key: 'percentiles', kind: 'duration', expression: `${prefix}_percentile{p='50,75,90,95,99'}`, by: 'p' }
      : { key: 'average', kind: 'duration', expression: `${prefix}_resp_time` },
    { key: 'errors', kind: 'percent', expression: `100-${prefix}_sla/100`, tone: 'bad', fill: true, atLeast: 1 },
  ]
}

/** Charts of an entity, by what is measured of it (docs/user/metrics.md). */
export const definitions: Record<EntityScope, readonly ChartDefinition[]> = {
  service: [...calls('service', true), { key: 'apdex', kind: 'score', expression: 'service_apdex/10000', atLeast: 1 }],
  instance: calls('service_instance', false),
  endpoint: calls('endpoint', true),
  database: calls('database_access', true, 'statements'),
  cache: calls('cache_access', true, 'operations'),
  queue: [
    { key: 'produced', kind: 'rate', expression: 'mq_service_produce_cpm', fill: true },
    { key: 'consumed', kind: 'rate', expression: 'mq_service_consume_cpm', fill: true },
    { key: 'waiting', kind: 'duration', expression: "mq_service_consume_percentile{p='50,75,90,95,99'}", by: 'p' },
    { key: 'errors', kind: 'percent', expression: '100-mq_service_consume_sla/100', tone: 'bad', fill: true, atLeast: 1 },
  ],
}

export const runtimeDefinitions: readonly ChartDefinition[] = [
  { key: 'cpu', kind: 'percent', expression: 'instance_jvm_cpu', fill: true },
  { key: 'heap', kind: 'bytes', expression: 'instance_jvm_memory_heap', fill: true },
  { key: 'noheap', kind: 'bytes', expression: 'instance_jvm_memory_noheap', fill: true },
  { key: 'youngGc', kind: 'duration', expression: 'instance_jvm_young_gc_time' },
  { key: 'oldGc', kind: 'duration', expression: 'instance_jvm_old_gc_time' },
  { key: 'threads', kind: 'count', expression: 'instance_jvm_thread_live_count' },
]

export function scopeOf(layers: readonly string[]): EntityScope {
  if (layers.includes('VIRTUAL_DATABASE')) return 'database'
  if (layers.includes('VIRTUAL_CACHE')) return 'cache'
  return layers.includes('VIRTUAL_MQ') ? 'queue' : 'service'
}

export interface ChartLine {
  key: string
  label: string
  values: (number | null)[]
}
export interface ChartLines {
  times: number[]
  lines: ChartLine[]
}

/** Times and lines of a result, on the union of the times of all of its series. */
export function linesOf(result: MqeResult, definition: ChartDefinition): ChartLines {
  const times = [...new Set(result.series.flatMap((series) => series.ids.map(Number)))].filter(Number.isFinite).sort((a, b) => a - b)
  const place = new Map(times.map((time, i) => [time, i]))
  const lines = result.series.map((series, i) => {
    const values: (number | null)[] = Array.from({ length: times.length }, () => null)
    series.ids.forEach((id, at) => {
      const to = place.get(Number(id))
      if (to !== undefined) values[to] = series.values[at] ?? null
    })
    const name = definition.by === undefined ? '' : (series.labels[definition.by] ?? '')
    return { key: name === '' ? String(i) : name, label: definition.by === 'p' && name !== '' ? `p${name}` : name, values }
  })
  return { times, lines }
}

/**
 * The line that an earlier period is compared by (the only one, or the highest percentile), moved by `shift` ms onto the
 * times of now; null where it says nothing.
 */
export function lineBefore(times: readonly number[], before: ChartLines, shift: number): (number | null)[] | null {
  const line = before.lines.at(-1)
  const [first, second] = times
  if (line === undefined || first === undefined) return null
  const step = second === undefined ? 60_000 : second - first
  const values: (number | null)[] = times.map(() => null)
  before.times.forEach((time, i) => {
    const at = Math.round((time + shift - first) / step)
    if (at >= 0 && at < values.length) values[at] = line.values[i] ?? null
  })
  return values.some((value) => value !== null) ? values : null
}

/** Colours of lines that are steps of one thing: from pale to strong. */
export function shades(count: number, dark: boolean): string[] {
  return Array.from({ length: count }, (_, i) => {
    const strength = count === 1 ? 1 : i / (count - 1)
    const lightness = dark ? 0.5 + 0.34 * strength : 0.78 - 0.36 * strength
    return `oklch(${lightness.toFixed(3)} ${(0.07 + 0.1 * strength).toFixed(3)} 262)`
  })
}
