import { evaluateAll, type MqeResult, type ServiceName } from '@/api'
import { scopeOf } from '@/ui/charts/entityCharts'

/** What is measured of a service that reports nothing itself: a database, cache or queue, as its callers see it. */
export interface Figures {
  cpm: number | null
  errors: number | null
  p99: number | null
}

/** Services that are measured; the rest is listed without figures. */
const MEASURED = 100
const prefixes = { database: 'database_access', cache: 'cache_access', queue: 'mq_service_consume' } as const

const single = (result: MqeResult | undefined): number | null => result?.series[0]?.values[0] ?? null

export async function readConjectured(services: readonly ServiceName[], from: number, to: number, signal: AbortSignal): Promise<Map<string, Figures>> {
  const asked = services
    .filter((one) => !one.normal)
    .flatMap((one) => {
      const scope = scopeOf(one.layers)
      return scope === 'database' || scope === 'cache' || scope === 'queue' ? [{ one, prefix: prefixes[scope] }] : []
    })
    .slice(0, MEASURED)
  const questions = asked.flatMap(({ one, prefix }) =>
    [`avg(${prefix}_cpm)`, `100-avg(${prefix}_sla)/100`, `avg(${prefix}_percentile{p='99'})`].map((expression) => ({ expression, entity: { serviceName: one.name, normal: false } })),
  )
  const results = await evaluateAll(questions, from, to, signal)
  return new Map(asked.map(({ one }, i) => [one.id, { cpm: single(results[3 * i]), errors: single(results[3 * i + 1]), p99: single(results[3 * i + 2]) }]))
}
