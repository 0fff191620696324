import { evaluate, type MqeEntity, type MqeResult } from '@/api'
import type { EntityScope } from '@/ui/charts/entityCharts'

export interface SlowStatement {
  text: string
  /** Of the slowest, in ms. */
  duration: number
  /** How often it was sampled. */
  samples: number
  traceId: string | null
}

const SAMPLES = 100
const records: Partial<Record<EntityScope, readonly string[]>> = {
  database: ['top_n_database_statement'],
  cache: ['top_n_cache_read_command', 'top_n_cache_write_command'],
}

export const hasStatements = (scope: EntityScope): boolean => records[scope] !== undefined

/** Slowest statements of a database, or commands of a cache, that were sampled. */
export async function readStatements(scope: EntityScope, entity: MqeEntity, from: number, to: number, signal: AbortSignal): Promise<SlowStatement[]> {
  const results = await evaluate((records[scope] ?? []).map((name) => `top_n(${name},${SAMPLES},des)`), entity, from, to, signal)
  return groupStatements(results)
}

/** One row a text, with the slowest of its samples. */
export function groupStatements(results: readonly MqeResult[]): SlowStatement[] {
  const found = new Map<string, SlowStatement>()
  for (const series of results.flatMap((result) => result.series)) {
    series.ids.forEach((id, i) => {
      const text = id ?? ''
      const duration = series.values[i] ?? 0
      const known = found.get(text) ?? { text, duration: -1, samples: 0, traceId: null }
      known.samples++
      if (duration > known.duration) Object.assign(known, { duration, traceId: series.traces[i] ?? null })
      found.set(text, known)
    })
  }
  return [...found.values()].sort((a, b) => b.duration - a.duration)
}
