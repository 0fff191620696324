import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { SpanColumnWords } from './rows/spanColumns'
import type { RowWords } from './shown'

/** Texts of rows in the language of the page; the ones without numbers are looked up once, not once a row. */
export function useRowWords(): ComputedRef<RowWords> {
  const { t } = useI18n()
  return computed(() => ({
    failed: t('trace.row.failed'),
    orphan: t('trace.row.orphan'),
    cycle: t('trace.row.cycle'),
    thread: t('trace.row.thread'),
    inFlight: t('trace.row.inFlight'),
    late: t('trace.row.late'),
    network: (time) => t('trace.row.network', { time }),
    gap: (time) => t('trace.row.gap', { time }),
    parents: (count) => t('trace.row.parents', { count }),
    share: (share) => t('trace.row.share', { share }),
    depth: (depth) => t('trace.row.depth', { depth }),
  }))
}

/** Heads of the columns that tables of spans share. */
export function useColumnWords(): ComputedRef<SpanColumnWords> {
  const { t } = useI18n()
  return computed(() => ({ start: t('trace.row.start'), duration: t('trace.row.duration'), self: t('trace.row.self'), path: t('trace.row.path'), kind: t('trace.row.kind'), kinds: (kind) => t(`trace.kind.${kind}`) }))
}
