import { evaluate, type MqeEntity } from '@/api'
import type { EntityScope } from '@/ui/charts/entityCharts'

export interface SlowStatement {
  text: string
  duration: number
  traceId: string | null
}

const SHOWN = 20
const records: Partial<Record<EntityScope, readonly string[]>> = {
  database: ['top_n_database_statement'],
  cache: ['top_n_cache_read_command', 'top_n_cache_write_command'],
}

export const hasStatements = (scope: EntityScope): boolean => records[scope] !== undefined

/** Slowest statements of a database, or commands of a cache, that were sampled. */
export async function readStatements(scope: EntityScope, entity: MqeEntity, from: number, to: number, signal: AbortSignal): Promise<SlowStatement[]> {
  const results = await evaluate((records[scope] ?? []).map((name) => `top_n(${name},${SHOWN},des)`), entity, from, to, signal)
  return results
    .flatMap((result) => result.series)
    .flatMap((series) => series.ids.map((id, i) => ({ text: id ?? '', duration: series.values[i] ?? 0, traceId: series.traces[i] ?? null })))
    .sort((a, b) => b.duration - a.duration)
    .slice(0, SHOWN)
}
