import { textCodec, useAddress } from './address'

/** The filters of the frame by group and layer; empty for all. */
export function useScope() {
  return { group: useAddress('group', textCodec), layer: useAddress('layer', textCodec) }
}
