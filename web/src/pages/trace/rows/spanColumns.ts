import { KIND_NAMES } from '@/model'
import { duration } from '@/ui/text/numbers'
import type { ShownTrace } from '../shown'
import { measureCell, shareCell, textCell, type TableColumn } from './cells'

export interface SpanColumnWords {
  start: string
  duration: string
  self: string
  path: string
  kind: string
  kinds: (kind: (typeof KIND_NAMES)[number]) => string
}

/** The columns that every table of spans has behind the name; `row` gives the span of a row. */
export function spanColumns({ trace }: ShownTrace, row: (index: number) => number, words: SpanColumnWords, sortable = false): TableColumn[] {
  const { arrays, summary } = trace
  return [
    measureCell('start', words.start, (index) => duration(arrays.start[row(index)]! - trace.from), { sortable, hide: 'minor' }),
    measureCell('duration', words.duration, (index) => duration(arrays.duration[row(index)]!), { sortable }),
    measureCell('self', words.self, (index) => duration(arrays.self[row(index)]!), { sortable }),
    shareCell('path', words.path, (index) => (summary.answer > 0 ? arrays.pathTime[row(index)]! / summary.answer : 0), { sortable, hide: 'minor' }),
    textCell('kind', words.kind, '90px', (index) => words.kinds(KIND_NAMES[arrays.kind[row(index)]!]!), { hide: 'extra' }),
  ]
}
