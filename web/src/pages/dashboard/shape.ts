import type { MqeResult } from '@/api'
import type { WidgetQuery } from '@/model'

/** Result of one query of a widget, with the name that it was given. */
export interface Answer {
  query: WidgetQuery
  name: string
  result: MqeResult
}

export interface Line {
  key: string
  /** Empty where neither the query nor its labels name it. */
  label: string
  values: (number | null)[]
}

export const isRanking = (result: MqeResult): boolean => result.type === 'SORTED_LIST' || result.type === 'RECORD_LIST'

/** `p=99` -> "p99", `status=200, zone=a` -> "200 a". */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([key, value]) => (key === 'p' ? `p${value}` : value)).join(' ')
}

function nameOf(answer: Answer, labels: Readonly<Record<string, string>>): string {
  return [answer.name, labelText(labels)].filter((part) => part !== '').join(' ')
}

/** All lines on the union of their times. A single value is a line from end to end; rankings are no lines. */
export function linesOf(answers: readonly Answer[], from: number, to: number): { times: number[]; lines: Line[] } {
  const series = answers.flatMap((answer, i) => (isRanking(answer.result) ? [] : answer.result.series.map((one, j) => ({ one, key: `${i}.${j}`, label: nameOf(answer, one.labels), single: answer.result.type === 'SINGLE_VALUE' }))))
  const known = new Set(series.filter(({ single }) => !single).flatMap(({ one }) => one.ids.map(Number)))
  const times = known.size > 0 ? [...known].filter(Number.isFinite).sort((a, b) => a - b) : [from, to]
  const place = new Map(times.map((time, i) => [time, i]))
  const lines = series.map(({ one, key, label, single }): Line => {
    if (single) return { key, label, values: times.map(() => one.values[0] ?? null) }
    const values: (number | null)[] = times.map(() => null)
    one.ids.forEach((id, i) => {
      const at = place.get(Number(id))
      if (at !== undefined) values[at] = one.values[i] ?? null
    })
    return { key, label, values }
  })
  return { times, lines }
}

/** Each line on top of those before it; where a line has no value it adds nothing, where none has one there is none. */
export function stacked(lines: readonly Line[]): (number | null)[][] {
  return lines.map((_, upTo) =>
    (lines[0]?.values ?? []).map((_value, i) => {
      const below = lines.slice(0, upTo + 1).flatMap((line) => line.values[i] ?? [])
      return below.length === 0 ? null : below.reduce((sum, value) => sum + value, 0)
    }),
  )
}

export interface Figure {
  key: string
  label: string
  /** The value of an aggregate, the last known one of a series. */
  value: number | null
  points: (number | null)[]
}

export function figuresOf(answers: readonly Answer[]): Figure[] {
  return answers.flatMap((answer, i) =>
    answer.result.series.map((one, j) => ({
      key: `${i}.${j}`,
      label: nameOf(answer, one.labels),
      value: isRanking(answer.result) ? (one.values[0] ?? null) : (one.values.findLast((value) => value !== null) ?? null),
      points: answer.result.type === 'TIME_SERIES_VALUES' ? one.values : [],
    })),
  )
}

export interface Entry {
  key: string
  name: string
  value: number | null
  /** Entity or trace that it leads to. */
  to: { kind: 'service' | 'instance' | 'endpoint' | 'trace'; id: string } | null
}

/** Entries of all rankings; where a query gives a series, its last value is an entry. Of records with the same text the first stands for all. */
export function entriesOf(answers: readonly Answer[]): Entry[] {
  return answers.flatMap((answer, i) => {
    if (!isRanking(answer.result)) return figuresOf([answer]).map((one) => ({ key: `${i}.${one.key}`, name: one.label, value: one.value, to: null }))
    const told = new Set<string>()
    return answer.result.series.flatMap((one) =>
      one.ids.flatMap((id, j): Entry[] => {
        if (answer.result.type === 'RECORD_LIST' && told.has(id ?? '')) return []
        told.add(id ?? '')
        const owner = one.owners?.[j]
        const trace = one.traces[j]
        return [{ key: `${i}.${j}`, name: id ?? '', value: one.values[j] ?? null, to: owner ?? (trace ? { kind: 'trace', id: trace } : null) }]
      }),
    )
  })
}

export interface Row {
  key: string
  name: string
  to: Entry['to']
  /** One a query, in their order. */
  values: (number | null)[]
}

/** One row per entity or set of labels that any of the queries knows. */
export function rowsOf(answers: readonly Answer[]): Row[] {
  const rows = new Map<string, Row>()
  answers.forEach((answer, at) => {
    for (const entry of entriesOf([{ ...answer, name: '' }])) {
      const key = entry.to && entry.to.kind !== 'trace' ? entry.to.id : entry.name
      const row = rows.get(key) ?? { key, name: entry.name, to: entry.to, values: answers.map(() => null) }
      row.values[at] ??= entry.value
      rows.set(key, row)
    }
  })
  return [...rows.values()]
}
