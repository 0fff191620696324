import { computed } from 'vue'
import type { TraceCondition } from '@/api'
import { boxCodec } from '@/ui/charts/boxCodec'
import type { Box } from '@/ui/charts/scatterPlane'
import { useTime } from '@/ui/time/useTime'
import { choiceCodec, numberCodec, textCodec, useAddress, useAddressList, type Codec } from '@/ui/view/address'

export { boxCodec }

export const STATES = ['all', 'ok', 'error'] as const
export const SORTS = ['start', 'duration', 'spans', 'errors', 'depth'] as const
export type SortKey = (typeof SORTS)[number]

export const sortCodec: Codec<{ key: SortKey; descending: boolean }> = {
  parse(text) {
    const key = SORTS.find((known) => known === text?.replace(/^-/, ''))
    return key === undefined ? { key: 'start', descending: true } : { key, descending: text!.startsWith('-') }
  },
  format: ({ key, descending }) => (key === 'start' && descending ? null : (descending ? '-' : '') + key),
}

/** The search as it stands in the address. */
export function useSearch() {
  const { instants } = useTime()
  const search = {
    service: useAddress('service', textCodec),
    instance: useAddress('instance', textCodec),
    endpoint: useAddress('endpoint', textCodec),
    state: useAddress('state', choiceCodec(STATES, 'all')),
    min: useAddress('min', numberCodec()),
    max: useAddress('max', numberCodec()),
    tags: useAddressList('tag'),
    keyword: useAddress('keyword', textCodec),
    box: useAddress('box', boxCodec, { push: true }),
    /** Traces that were chosen elsewhere, to be held against the rest. */
    chosen: useAddressList('chosen'),
    sort: useAddress('sort', sortCodec),
    scale: useAddress('scale', choiceCodec(['linear', 'log'] as const, 'linear')),
  }
  /** Conditions without the box: what the scatter shows. */
  const filters = computed(() => ({
    ...(search.service.value === '' ? {} : { service: search.service.value }),
    ...(search.instance.value === '' ? {} : { instance: search.instance.value }),
    ...(search.endpoint.value === '' ? {} : { endpoint: search.endpoint.value }),
    ...(search.state.value === 'all' ? {} : { state: search.state.value }),
    ...(search.min.value === null ? {} : { min: search.min.value }),
    ...(search.max.value === null ? {} : { max: search.max.value }),
    ...(search.tags.value.length === 0 ? {} : { tag: search.tags.value }),
    ...(search.keyword.value === '' ? {} : { keyword: search.keyword.value }),
  }))
  return { ...search, instants, filters, filterKey: computed(() => JSON.stringify(filters.value)) }
}
export type Search = ReturnType<typeof useSearch>

/** The conditions narrowed to the box. */
export function narrow(condition: TraceCondition, box: Box | null): TraceCondition {
  if (box === null) return condition
  return {
    ...condition,
    from: Math.max(condition.from, box.from),
    to: Math.min(condition.to, box.to),
    min: Math.max(condition.min ?? 0, box.min),
    max: Math.min(condition.max ?? Infinity, box.max),
  }
}
