/** The stretch of a trace that is in sight, in ms after its base. */
export interface Stretch {
  from: number
  to: number
}

/** Per cent of the width at which a moment stands; never beyond its edges. */
export function percentAt({ from, to }: Stretch, at: number): number {
  if (to <= from) return 0
  return Math.max(0, Math.min(100, ((at - from) / (to - from)) * 100))
}

/** Steps that a scale may have: 1, 2 or 5 times a power of ten. */
export function niceStep(length: number, most: number): number {
  if (!(length > 0)) return 1
  const least = length / most
  const power = 10 ** Math.floor(Math.log10(least))
  return power * (least <= power ? 1 : least <= 2 * power ? 2 : least <= 5 * power ? 5 : 10)
}

/** Round moments within a stretch, counted from `zero`; at most `most` and one. */
export function ticks({ from, to }: Stretch, zero: number, most: number): number[] {
  const step = niceStep(to - from, most)
  const found: number[] = []
  for (let i = Math.ceil((from - zero) / step - 1e-9); zero + i * step <= to && found.length <= most; i++) found.push(zero + i * step)
  return found
}

/** Joins neighbouring stretches that are closer than `near` ms, until at most `most` are left. */
export function joinStretches(stretches: readonly Stretch[], near: number, most: number): Stretch[] {
  let least = near
  for (;;) {
    const joined: Stretch[] = []
    for (const { from, to } of stretches) {
      const last = joined[joined.length - 1]
      if (last !== undefined && from - last.to <= least) last.to = Math.max(last.to, to)
      else joined.push({ from, to })
    }
    if (joined.length <= most) return joined
    least = least > 0 ? least * 4 : 1e-6
  }
}

/** A stretch within `whole`, never shorter than a thousandth of a microsecond; null when nothing of it lies within. */
export function clampStretch(stretch: Stretch, whole: Stretch): Stretch | null {
  const from = Math.max(whole.from, Math.min(stretch.from, stretch.to))
  const to = Math.min(whole.to, Math.max(stretch.from, stretch.to))
  return to - from > 1e-6 ? { from, to } : null
}
