import { computed, ref, watch } from 'vue'
import { Twist } from '@/model'
import type { TraceStore } from './useTrace'
import type { TraceView } from './useTraceView'

/** The chosen span; the address names it by segment and number. */
export function useSelection(view: TraceView, store: TraceStore) {
  const { trace, laid } = store
  const row = computed(() => {
    const name = view.span.value
    if (name === null || trace.value === null) return -1
    const { arrays, header } = trace.value
    const segment = header.segments.id.indexOf(name.segment)
    if (segment < 0) return -1
    for (let at = arrays.segment.indexOf(segment); at >= 0 && at < arrays.segment.length; at++) {
      if (arrays.segment[at] === segment && arrays.number[at] === name.number) return at
    }
    return -1
  })
  /** Position of a span among the visible rows; a client side that shares a row with its server is there. */
  function indexOf(span: number): number {
    const at = laid.value?.at[span] ?? -1
    if (at >= 0 || span < 0) return at
    const server = trace.value?.arrays.server[span] ?? -1
    return server >= 0 ? (laid.value?.at[server] ?? -1) : -1
  }
  const shownAt = ref(-1)
  watch([row, laid], async ([span]) => {
    if (span < 0 || laid.value === null) return void (shownAt.value = -1)
    if (indexOf(span) < 0) await store.change([{ change: 'reveal', row: span }])
    shownAt.value = indexOf(span)
  }, { immediate: true })

  function choose(span: number): void {
    const opened = trace.value
    if (opened === null || span < 0) return
    view.span.value = { segment: opened.header.segments.id[opened.arrays.segment[span]!] ?? '', number: opened.arrays.number[span]! }
  }
  return {
    row,
    shownAt,
    indexOf,
    choose,
    clear: (): void => void (view.span.value = null),
    /** Up or down among the visible rows. */
    move(by: number): void {
      const rows = laid.value?.rows.row
      if (rows === undefined || rows.length === 0) return
      const at = indexOf(row.value)
      choose(rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]!)
    },
    /** Opens or closes the chosen row; closing a closed one goes to its parent. */
    open(open: boolean): void {
      const at = indexOf(row.value)
      const rows = laid.value?.rows
      if (rows === undefined || at < 0) return
      const twist = rows.twist[at]!
      if (twist !== Twist.leaf && (twist === Twist.open) !== open) void store.change([{ change: 'toggle', row: rows.row[at]! }])
      else if (!open) {
        for (let above = at - 1; above >= 0; above--) if (rows.depth[above]! < rows.depth[at]!) return choose(rows.row[above]!)
      }
    },
  }
}
export type Selection = ReturnType<typeof useSelection>
