import { describe, expect, it } from 'vitest'
import type { Scatter } from '@/api'
import { mergeScatter } from './mergeScatter'

const scatter = (ids: string[], services: string[]): Scatter => ({
  start: ids.map((_, i) => i),
  duration: ids.map((_, i) => i * 10),
  error: ids.map(() => 0 as const),
  traceId: ids,
  service: ids.map((_, i) => i % services.length),
  services,
  endpoint: ids.map(() => 0),
  endpoints: ['GET'],
  more: true,
  complete: true,
})

describe('a sample with the points of a box', () => {
  const both = mergeScatter(scatter(['a', 'b'], ['shop']), scatter(['b', 'c', 'd'], ['mail', 'shop']))
  it('holds every trace once', () => expect(both.traceId).toEqual(['a', 'b', 'c', 'd']))
  it('keeps the names of all', () => expect(both.service.map((index) => both.services[index])).toEqual(['shop', 'shop', 'shop', 'mail']))
  it('has columns of one length', () => {
    for (const column of [both.start, both.duration, both.error, both.endpoint]) expect(column.length).toBe(4)
  })
})
