import { describe, expect, it } from 'vitest'
import { boxCodec, narrow, sortCodec } from './useSearch'

describe('the address of a search', () => {
  it('keeps a box', () => {
    const box = { from: 1000, to: 2000, min: 0.5, max: 80 }
    expect(boxCodec.parse(boxCodec.format(box))).toEqual(box)
    for (const bad of [null, '', '1~2~3', '2~1~0~1', '1~2~9~3', '1~2~-1~3', '1~2~x~3']) expect(boxCodec.parse(bad)).toBeNull()
  })
  it('keeps the order, the newest first without one', () => {
    expect(sortCodec.parse(null)).toEqual({ key: 'start', descending: true })
    expect(sortCodec.parse(sortCodec.format({ key: 'spans', descending: true }))).toEqual({ key: 'spans', descending: true })
  })
})

describe('a box', () => {
  const box = { from: 100, to: 200, min: 10, max: 20 }
  it('narrows the conditions, and never widens them', () => {
    expect(narrow({ from: 0, to: 150, min: 15 }, box)).toEqual({ from: 100, to: 150, min: 15, max: 20 })
    expect(narrow({ from: 0, to: 150 }, null)).toEqual({ from: 0, to: 150 })
  })
})
