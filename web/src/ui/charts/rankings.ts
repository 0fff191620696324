import { evaluate, type MqeEntity, type MqeResult } from '@/api'

export interface RankedRow {
  id: string
  name: string
  cpm: number | null
  /** Average time to answer in ms. */
  average: number | null
  /** Per cent. */
  errors: number | null
}

/** Rows asked for of each ranking. */
export const RANKED = 100

/** One row per entity that stands in any of the rankings by calls, average and share of success (hundredths of a per cent). */
export function joinRankings([calls, averages, success]: readonly MqeResult[]): RankedRow[] {
  const rows = new Map<string, RankedRow>()
  const read = (result: MqeResult | undefined, put: (row: RankedRow, value: number | null) => void): void => {
    for (const series of result?.series ?? []) {
      series.owners.forEach((id, i) => {
        const name = series.ids[i] ?? ''
        const key = id ?? name
        const row = rows.get(key) ?? { id: key, name, cpm: null, average: null, errors: null }
        put(row, series.values[i] ?? null)
        rows.set(key, row)
      })
    }
  }
  read(calls, (row, value) => (row.cpm = value))
  read(averages, (row, value) => (row.average = value))
  read(success, (row, value) => (row.errors = value === null ? null : Math.max(0, 100 - value / 100)))
  return [...rows.values()]
}

/** Instances (`service_instance`) or endpoints (`endpoint`) of a service. */
export async function readRankings(prefix: 'service_instance' | 'endpoint', entity: MqeEntity, from: number, to: number, signal: AbortSignal): Promise<RankedRow[]> {
  const expressions = [`top_n(${prefix}_cpm,${RANKED},des)`, `top_n(${prefix}_resp_time,${RANKED},des)`, `top_n(${prefix}_sla,${RANKED},asc)`]
  return joinRankings(await evaluate(expressions, entity, from, to, signal))
}
