import { ask, graphql } from './client'

export interface MetricInfo {
  name: string
  type: string
  catalog: string
}

const metrics = graphql(`query { listMetrics { name type catalog } }`)

/** The catalogue: every metric that an expression can name. */
export async function listMetrics(signal: AbortSignal): Promise<MetricInfo[]> {
  return (await ask(metrics, {}, signal)).listMetrics.map(({ name, type, catalog }) => ({ name, type, catalog: catalog ?? '' }))
}
