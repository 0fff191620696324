/** States of something that is edited, oldest first; immutable. */
export interface Undo<T> {
  readonly past: readonly T[]
  readonly now: T
  readonly future: readonly T[]
  /** What the last change was; a change of the same kind replaces it instead of adding a step. */
  readonly kind: string | null
}

/** Steps that can be taken back. */
export const STEPS = 100

export function startUndo<T>(now: T): Undo<T> {
  return { past: [], now, future: [], kind: null }
}

/** A change. Changes of one `kind` in a row, such as typing in one field, are one step. */
export function change<T>(undo: Undo<T>, now: T, kind: string | null = null): Undo<T> {
  if (now === undo.now) return undo
  if (kind !== null && kind === undo.kind && undo.past.length > 0) return { ...undo, now, future: [] }
  return { past: [...undo.past, undo.now].slice(-STEPS), now, future: [], kind }
}

export function back<T>(undo: Undo<T>): Undo<T> {
  const now = undo.past.at(-1)
  return now === undefined ? undo : { past: undo.past.slice(0, -1), now, future: [undo.now, ...undo.future], kind: null }
}

export function forth<T>(undo: Undo<T>): Undo<T> {
  const [now, ...future] = undo.future
  return now === undefined ? undo : { past: [...undo.past, undo.now], now, future, kind: null }
}
