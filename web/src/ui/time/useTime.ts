import { computed, readonly, ref, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { startedAt } from '@/api'
import { changeAddress, choiceCodec, flagCodec, useAddress } from '../view/address'
import { clampFixed, comparisons, parseRange, rangeQuery, resolve, shift, widen, type Comparison, type Instants, type Range } from './range'

/** The one clock of the page: all that is shown was asked for the same now. Whole seconds. */
const now = ref(startedAt)
/** Counts the refreshes that were asked for, live or by hand. */
const refreshes = ref(0)

function currentSecond(): number {
  return Math.floor(Date.now() / 1000) * 1000
}

/** Moves now forward, and makes everything that is shown be asked for again, in place. */
export function refresh(): void {
  now.value = currentSecond()
  refreshes.value++
}

export const clockNow = readonly(now)
export const refreshCount = readonly(refreshes)

/** The time range, comparison and filters of the frame; all of it lives in the address. */
export function useTime() {
  const route = useRoute()
  const router = useRouter()
  const text = (name: string): string | null => {
    const value = route.query[name]
    return typeof value === 'string' ? value : null
  }
  const range = computed<Range>(() => parseRange(text('last'), text('from'), text('to')))
  const instants: ComputedRef<Instants> = computed(() => resolve(range.value, now.value))
  const paused = useAddress('paused', flagCodec)

  const set = (next: Range): void => {
    if (next.kind === 'last') now.value = currentSecond()
    changeAddress(router, rangeQuery(next), true)
  }
  return {
    range,
    instants,
    /** Live data is asked for only where the range ends now. */
    live: computed(() => range.value.kind === 'last' && !paused.value),
    paused,
    comparison: useAddress<Comparison>('compare', choiceCodec(comparisons, 'previous')),
    /** Same for equal views, whatever the clock says: part of the key of what is asked for. */
    rangeKey: computed(() => JSON.stringify(range.value)),
    set,
    /** To what was dragged over on a chart. */
    zoom: (from: number, to: number): void => set(clampFixed(from, Math.max(to, from + 1000))),
    earlier: (): void => set(shift(range.value, -1, Date.now())),
    later: (): void => set(shift(range.value, 1, Date.now())),
    wider: (): void => set(widen(range.value, Date.now())),
  }
}
