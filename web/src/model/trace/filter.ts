import { Flag, KIND_NAMES, type TraceColumns } from './columns'
import { Mark } from './parents'
import type { TagTable } from './tags'

/** What a filter may ask about. */
export interface Filtered {
  columns: TraceColumns
  marks: Uint8Array
  /** Milliseconds of the critical path by row. */
  pathTime: Float64Array
  /** Tags of spans, null until they have been fetched. */
  tags: TagTable | null
}

type Test = (row: number) => boolean

const STATES: Record<string, (trace: Filtered, row: number) => boolean> = {
  error: ({ columns }, row) => (columns.flags[row]! & Flag.error) !== 0,
  inflight: ({ columns }, row) => (columns.flags[row]! & Flag.inFlight) !== 0,
  orphan: ({ marks }, row) => (marks[row]! & Mark.orphan) !== 0,
  links: ({ columns }, row) => (columns.flags[row]! & Flag.links) !== 0,
  events: ({ columns }, row) => (columns.flags[row]! & (Flag.events | Flag.exception)) !== 0,
  critical: ({ pathTime }, row) => pathTime[row]! > 0,
}

/** Words after `is:`. */
export const STATE_WORDS = Object.keys(STATES)
/** Words that may stand before a colon. */
export const FIELD_WORDS = ['service', 'instance', 'operation', 'peer', 'component', 'layer', 'kind', 'segment', 'is', 'tag'] as const

/**
 * Rows of `among` for which every word holds, in their order. A word is a text found in any field, `field:text`,
 * `is:error`, `tag:key=text`, or a duration (`>100ms`, `<2s`); text with blanks stands in double quotes.
 */
export function filterRows(trace: Filtered, among: Int32Array, query: string): Int32Array {
  const tests = splitWords(query).map((word) => testOf(trace, word))
  if (tests.length === 0) return among
  return among.filter((row) => tests.every((test) => test(row)))
}

/** Splits at blanks outside double quotes; the quotes go. */
export function splitWords(query: string): string[] {
  const words: string[] = []
  for (const match of query.matchAll(/(?:[^\s"]|"[^"]*(?:"|$))+/g)) {
    const word = match[0].replaceAll('"', '')
    if (word !== '') words.push(word)
  }
  return words
}

function testOf(trace: Filtered, word: string): Test {
  const longer = /^([<>])=?(\d+(?:\.\d+)?)(us|µs|ms|s|m)?$/.exec(word)
  if (longer) return durationTest(trace.columns, longer[1] === '>', Number(longer[2]) * unitOf(longer[3]))
  const colon = word.indexOf(':')
  const field = colon > 0 ? FIELD_WORDS.find((known) => known === word.slice(0, colon).toLowerCase()) : undefined
  const wanted = (field === undefined ? word : word.slice(colon + 1)).toLowerCase()
  if (field === 'is') return stateTest(trace, wanted)
  if (field === 'tag') return tagTest(trace, wanted)
  const tests = fieldTests(trace.columns, wanted)
  if (field !== undefined) return tests[field]
  return (row) => tests.operation(row) || tests.service(row) || tests.peer(row) || tests.instance(row) || tests.component(row) || tests.segment(row)
}

const unitOf = (unit: string | undefined): number => (unit === 's' ? 1000 : unit === 'm' ? 60_000 : unit === 'us' || unit === 'µs' ? 0.001 : 1)

function durationTest({ duration }: TraceColumns, over: boolean, limit: number): Test {
  return over ? (row) => duration[row]! >= limit : (row) => duration[row]! <= limit
}

function stateTest(trace: Filtered, wanted: string): Test {
  const state = STATES[wanted]
  return state === undefined ? () => false : (row) => state(trace, row)
}

function tagTest({ tags }: Filtered, wanted: string): Test {
  if (tags === null) return () => false
  const equals = wanted.indexOf('=')
  const column = tags.column(equals < 0 ? wanted : wanted.slice(0, equals))
  const value = equals < 0 ? '' : wanted.slice(equals + 1)
  const matches = column.values.map((text) => text.toLowerCase().includes(value))
  return (row) => column.of[row]! >= 0 && matches[column.of[row]!]!
}

type Field = Exclude<(typeof FIELD_WORDS)[number], 'is' | 'tag'>

/** Names are compared once each, rows only look the outcome up. */
function fieldTests(columns: TraceColumns, wanted: string): Record<Field, Test> {
  const h = columns.header
  const among = (names: readonly string[], index: (row: number) => number): Test => {
    let matches: boolean[] | null = null
    return (row) => {
      matches ??= names.map((name) => name.toLowerCase().includes(wanted))
      return matches[index(row)] === true
    }
  }
  const { segment } = columns
  return {
    service: among(h.services, (row) => h.segments.service[segment[row]!]!),
    instance: among(h.instances, (row) => h.segments.instance[segment[row]!]!),
    operation: among(h.operations, (row) => columns.operation[row]!),
    peer: among(h.peers, (row) => columns.peer[row]!),
    component: among(h.components, (row) => columns.component[row]!),
    layer: among(h.layers, (row) => columns.layer[row]!),
    kind: among(KIND_NAMES, (row) => columns.kind[row]!),
    segment: among(h.segments.id, (row) => segment[row]!),
  }
}
