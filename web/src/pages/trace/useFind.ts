import { computed, shallowRef, watch } from 'vue'
import type { Selection } from './useSelection'
import type { TraceStore } from './useTrace'
import type { TraceView } from './useTraceView'

/** Search inside the trace: which spans were found, and the way from one to the next in order of the tree. */
export function useFind(view: TraceView, store: TraceStore, selection: Selection) {
  const found = shallowRef<Int32Array | null>(null)
  const hits = shallowRef<Uint8Array | null>(null)
  watch(
    [view.find, store.trace],
    async ([query, trace]) => {
      if (query.trim() === '' || trace === null) {
        found.value = null
        hits.value = null
        return
      }
      if (/(^|\s)tag:/.test(query) && store.tagKeys.value === null) await store.needTags().catch(() => {})
      const { rows } = await store.ask('find', { query })
      if (query !== view.find.value) return
      const marks = new Uint8Array(trace.arrays.start.length)
      for (const row of rows) marks[row] = 1
      found.value = rows
      hits.value = marks
    },
    { immediate: true },
  )
  /** Place of the chosen span among those found, -1 when it is none of them. */
  const at = computed(() => (selection.row.value < 0 ? -1 : (found.value?.indexOf(selection.row.value) ?? -1)))

  function go(by: 1 | -1): void {
    const rows = found.value
    if (rows === null || rows.length === 0) return
    if (at.value >= 0) return selection.choose(rows[(at.value + by + rows.length) % rows.length]!)
    // From a span that was not found: the nearest in the direction, in order of the tree.
    const order = store.trace.value?.order
    const here = order?.indexOf(selection.row.value) ?? -1
    if (order === undefined || here < 0) return selection.choose(by > 0 ? rows[0]! : rows[rows.length - 1]!)
    for (let step = 1; step <= order.length; step++) {
      const span = order[(here + by * step + order.length) % order.length]!
      if (hits.value?.[span] === 1) return selection.choose(span)
    }
  }
  return { found, hits, at, go }
}
export type Find = ReturnType<typeof useFind>
