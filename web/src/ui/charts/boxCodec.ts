import type { Codec } from '../view/address'
import type { Box } from './scatterPlane'

/** A box in a scatter as it stands in an address: `from~to~min~max`, in ms. */
export const boxCodec: Codec<Box | null> = {
  parse(text) {
    const parts = (text ?? '').split('~').map(Number)
    const [from, to, min, max] = parts
    if (parts.length !== 4 || !parts.every((part) => Number.isFinite(part) && part >= 0)) return null
    return from! < to! && min! <= max! ? { from: from!, to: to!, min: min!, max: max! } : null
  },
  format: (box) => (box === null ? null : [Math.round(box.from), Math.round(box.to), trim(box.min), trim(box.max)].join('~')),
}
const trim = (ms: number): string => String(Math.round(ms * 1000) / 1000)
