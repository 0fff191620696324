import { expect, it } from 'vitest'
import { serverDuration, zoneMinutes } from './duration'

it('writes a stretch in the zone of the server, without its end', () => {
  const from = Date.UTC(2026, 10, 23, 20, 0)
  expect(serverDuration(from, from + 1_800_000, 480)).toEqual({ start: '2026-11-24 0400', end: '2026-11-24 0429', step: 'MINUTE' })
  expect(serverDuration(from, from + 24 * 3_600_000, 0)).toEqual({ start: '2026-11-23 20', end: '2026-11-24 19', step: 'HOUR' })
  expect(serverDuration(from, from + 30 * 86_400_000, 0).start).toBe('2026-11-23')
})

it('reads zones on both sides of UTC', () => {
  expect(zoneMinutes('+0530')).toBe(330)
  expect(zoneMinutes('-0800')).toBe(-480)
  expect(() => zoneMinutes('UTC')).toThrow()
})
