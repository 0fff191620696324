/**
 * Colour of a service: a hue from its name at the same lightness for all, so that none stands out, and away from the red,
 * amber and green of the states. Names that meet on a hue within one page are moved apart.
 */
const HUES = [255, 305, 205, 335, 280, 182, 230, 320] as const
/** Strong colours first; the second round of names gets paler ones of the same lightness. */
const CHROMAS = [0.13, 0.065] as const

/** Slots before colours repeat. */
export const SLOTS = HUES.length * CHROMAS.length

/** FNV-1a over UTF-16 units. */
export function hashName(name: string): number {
  let hash = 2166136261
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619) >>> 0
  return hash
}

/**
 * Slot of every name. Each name starts at the slot of its hash; the later in the alphabet gives way to the next free hue,
 * then to the paler round, so that the answer depends on the set of names alone, not on their order. Beyond `SLOTS`
 * names colours repeat.
 */
export function assignSlots(names: Iterable<string>): Map<string, number> {
  const slots = new Map<string, number>()
  const taken = new Set<number>()
  for (const name of [...new Set(names)].sort()) {
    const home = hashName(name) % HUES.length
    let slot = home
    for (let step = 0; step < SLOTS && taken.has(slot); step++) {
      const round = Math.floor(step / HUES.length)
      slot = round * HUES.length + ((home + step) % HUES.length)
    }
    if (taken.has(slot)) slot = home
    taken.add(slot)
    slots.set(name, slot)
  }
  return slots
}

/** For canvas, where custom properties cannot be used. */
export function slotColour(slot: number, dark: boolean): string {
  return `oklch(${dark ? 0.72 : 0.55} ${CHROMAS[Math.floor(slot / HUES.length)] ?? 0.13} ${HUES[slot % HUES.length]})`
}

/** For styles: follows the theme by itself. */
export function slotStyle(slot: number): string {
  return `oklch(var(--service-l) ${CHROMAS[Math.floor(slot / HUES.length)] ?? 0.13} ${HUES[slot % HUES.length]})`
}

/** Colours of all services of a page, by name, for styles. */
export function serviceStyles(names: Iterable<string>): Map<string, string> {
  return new Map([...assignSlots(names)].map(([name, slot]) => [name, slotStyle(slot)]))
}
