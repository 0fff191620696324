import { computed } from 'vue'
import type { Camera } from '@/model'
import type { TopologyScope } from '@/api'
import { choiceCodec, numberCodec, textCodec, useAddress, useAddressList, type Codec } from '@/ui/view/address'

export const SCOPES = ['services', 'instances', 'endpoint'] as const
export const DEPTHS = [1, 2, 3, 4] as const
const DEPTH = 2

/** Point of the plane in the middle of the screen, and the scale: "120,-40,0.8". */
export const cameraCodec: Codec<Camera | null> = {
  parse(text) {
    const [x, y, k] = (text ?? '').split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
    return [x, y, k].every((value) => value !== undefined && Number.isFinite(value) && Math.abs(value) < 1e7) && (k ?? 0) >= 0.01 && (k ?? 0) <= 10 ? { x: x!, y: y!, k: k! } : null
  },
  format: (value) => (value === null ? null : [value.x.toFixed(0), value.y.toFixed(0), Number(value.k.toPrecision(3))].join(',')),
}

/** The view as it stands in the address. */
export function useTopologyView() {
  const view = {
    scope: useAddress('scope', choiceCodec(SCOPES, 'services'), { push: true }),
    client: useAddress('client', textCodec, { push: true }),
    server: useAddress('server', textCodec, { push: true }),
    endpoint: useAddress('endpoint', textCodec, { push: true }),
    around: useAddress('around', textCodec, { push: true }),
    depth: useAddress('depth', numberCodec(DEPTH)),
    /** Thresholds: calls per minute, per cent, ms; below them an edge is left out. */
    calls: useAddress('calls', numberCodec()),
    errors: useAddress('errors', numberCodec()),
    slow: useAddress('slow', numberCodec()),
    folded: useAddressList('fold'),
    /** Id of a node or an edge. */
    chosen: useAddress('on', textCodec),
    camera: useAddress('at', cameraCodec),
  }
  const asked = computed<TopologyScope>(() => {
    if (view.scope.value === 'instances') return { scope: 'instances', client: view.client.value, server: view.server.value }
    if (view.scope.value === 'endpoint') return { scope: 'endpoint', endpoint: view.endpoint.value }
    return view.around.value === '' ? {} : { around: view.around.value, depth: Math.min(10, Math.max(1, Math.round(view.depth.value ?? DEPTH))) }
  })
  return { ...view, asked }
}
export type TopologyView = ReturnType<typeof useTopologyView>
