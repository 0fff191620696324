import { describe, expect, it } from 'vitest'
import { assignSlots, hashName, SLOTS, slotColour } from './serviceColours'

const names = Array.from({ length: SLOTS }, (_, i) => `service-${i}`)

describe('service colours', () => {
  it('a name alone keeps the colour of its hash on every page', () => {
    for (const name of names) expect(assignSlots([name]).get(name)).toBe(hashName(name) % 8)
  })

  it('does not depend on the order of the names', () => {
    expect(assignSlots([...names].reverse())).toEqual(assignSlots(names))
  })

  it('gives different colours to as many names as there are slots', () => {
    expect(new Set(assignSlots(names).values()).size).toBe(SLOTS)
  })

  it('repeats colours beyond that, and still answers for every name', () => {
    const many = Array.from({ length: 500 }, (_, i) => `s${i}`)
    expect(assignSlots(many).size).toBe(500)
  })

  it('has equal lightness, and hues away from red, amber and green', () => {
    for (let slot = 0; slot < SLOTS; slot++) {
      const [, lightness, hue] = /oklch\(([\d.]+) [\d.]+ (\d+)\)/.exec(slotColour(slot, false)) ?? []
      expect(lightness).toBe('0.55')
      expect(Number(hue)).toBeGreaterThan(175)
      expect(Number(hue)).toBeLessThan(345)
    }
  })
})
