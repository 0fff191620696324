/** What every question about a stretch of time carries. Instants in ms since the epoch, `to` exclusive. */
export interface Stretch {
  from: number
  to: number
  compare?: 'none' | 'previous' | 'day'
  layer?: string
  group?: string
}

/** `complete` is false where a limit cut the answer. */
export interface Complete {
  complete: boolean
}

/** A name with the id that other questions take. */
export interface Named {
  id: string
  name: string
}

/** ms since the epoch or a length in ms, both with fractions; null where there is no data. */
export type Maybe = number | null
export type Points = readonly Maybe[]
