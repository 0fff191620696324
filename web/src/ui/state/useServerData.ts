import { useQuery, type UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { refreshCount, useTime } from '../time/useTime'
import type { Instants } from '../time/range'

export interface ServerDataOptions {
  /** Nothing is asked for while this is false. */
  enabled?: MaybeRefOrGetter<boolean>
  /** False for what does not depend on the time range: it is asked for once, and again only on demand. */
  timed?: boolean
}

/** Whether data of one key may stand in for another while that loads: only the range may differ. */
function sameView(from: readonly unknown[] | undefined, key: readonly unknown[]): boolean {
  return from !== undefined && JSON.stringify(from.slice(0, -1)) === JSON.stringify(key)
}

/**
 * Data of the server for the time range of the page. The key holds the range as it is written in the address, not its
 * instants: a live refresh renews the data in place, without a flicker. While another range loads, what was there stays
 * (`isPlaceholderData` tells).
 */
export function useServerData<T>(
  key: MaybeRefOrGetter<readonly unknown[]>,
  load: (instants: Instants, signal: AbortSignal) => Promise<T>,
  options: ServerDataOptions = {},
): UseQueryReturnType<T, Error> {
  const timed = options.timed ?? true
  const { instants, rangeKey } = useTime()
  const enabled = computed(() => toValue(options.enabled ?? true))
  const query = useQuery<T, Error>({
    queryKey: computed(() => [...toValue(key), timed ? rangeKey.value : 'always']),
    queryFn: ({ signal }) => load(instants.value, signal),
    enabled,
    placeholderData: ((previous: T | undefined, from?: { queryKey: readonly unknown[] }) => (sameView(from?.queryKey, toValue(key)) ? previous : undefined)) as never,
  })
  if (timed) {
    watch(refreshCount, () => {
      // What is still on its way is not asked for twice.
      if (enabled.value) void query.refetch({ cancelRefetch: false })
    })
  }
  return query as UseQueryReturnType<T, Error>
}
