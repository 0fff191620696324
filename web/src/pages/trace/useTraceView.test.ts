import { describe, expect, it } from 'vitest'
import { orderCodec, spanCodec, stretchCodec } from './useTraceView'

describe('the address of a view of a trace', () => {
  it('keeps spans whose segments have dots in their ids', () => {
    const span = { segment: '5f2a.41.17', number: 3 }
    expect(spanCodec.parse(spanCodec.format(span))).toEqual(span)
    for (const bad of ['', 'x', '.3', 'a.', 'a.-1', 'a.1.x']) expect(spanCodec.parse(bad)).toBeNull()
  })
  it('keeps what is in sight', () => {
    expect(stretchCodec.parse(stretchCodec.format({ from: -1.25, to: 80.0004 }))).toEqual({ from: -1.25, to: 80 })
    for (const bad of [null, '5~5', '9~1', 'NaN~1', '1e9~2']) expect(stretchCodec.parse(bad)).toBeNull()
  })
  it('keeps the order of the list', () => {
    expect(orderCodec.parse('-self')).toEqual({ order: 'self', reverse: true })
    expect(orderCodec.format(orderCodec.parse('nonsense'))).toBeNull()
  })
})
