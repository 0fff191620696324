export type SortValue = number | string | null | undefined
export interface Sorting {
  key: string
  descending: boolean
}

/** "p99" ascending, "-p99" descending; as it stands in an address. */
export function parseSorting(text: string, standard: Sorting): Sorting {
  if (text === '') return standard
  return text.startsWith('-') ? { key: text.slice(1), descending: true } : { key: text, descending: false }
}
export function formatSorting(sorting: Sorting): string {
  return (sorting.descending ? '-' : '') + sorting.key
}

/** A sorted copy. Equal rows keep their order; what has no value comes last either way. */
export function sortRows<T>(rows: readonly T[], value: (row: T) => SortValue, descending: boolean): T[] {
  const missing = (v: SortValue): boolean => v === null || v === undefined || Number.isNaN(v)
  return [...rows].sort((a, b) => {
    const x = value(a)
    const y = value(b)
    if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y))
    const order = typeof x === 'string' || typeof y === 'string' ? String(x).localeCompare(String(y), 'en', { numeric: true }) : (x as number) - (y as number)
    return descending ? -order : order
  })
}
