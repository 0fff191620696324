import type { VisibleRows } from '@/model'
import type { OpenedTrace } from './protocol'
import type { Stretch } from './rows/scale'

/** Texts that rows need, in the language of the page. */
export interface RowWords {
  failed: string
  orphan: string
  cycle: string
  thread: string
  inFlight: string
  late: string
  network: (time: string) => string
  gap: (time: string) => string
  parents: (count: number) => string
  share: (percent: string) => string
  depth: (depth: number) => string
}

/** All that a view needs to draw rows of a trace. */
export interface ShownTrace {
  trace: OpenedTrace
  rows: VisibleRows
  /** Position among the visible rows by row, -1 where a span has none. */
  at: Int32Array
  /** Colour by service. */
  colours: readonly string[]
  words: RowWords
  /** What of the time is in sight. */
  stretch: Stretch
  showPath: boolean
  selected: number
  /** 1 for spans that the search found; null without a search. */
  hits: Uint8Array | null
  hasServer(row: number): boolean
  /** Statement of a database call, short; empty where none is known. */
  statementOf(row: number): string
  /** Number of spans that the links of a span lead to, besides its parent. */
  linksOf(row: number): number
}
