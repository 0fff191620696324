import { useI18n } from 'vue-i18n'
import { useKeys } from '@/ui/view/keys'

export interface TraceKeys {
  find(): void
  move(by: number): void
  open(open: boolean): void
  next(): void
  previous(): void
  close(): void
  path(): void
}

/** Keys of the page. */
export function useTraceKeys(keys: TraceKeys): void {
  const { t } = useI18n()
  const group = (): string => t('trace.title')
  const key = (name: string, label: () => string, run: () => void) => ({ key: name, label, group, run })
  useKeys([
    key('f', () => t('trace.key.find'), keys.find),
    key('n', () => t('trace.key.next'), keys.next),
    key('N', () => t('trace.key.previous'), keys.previous),
    key('j', () => t('trace.key.down'), () => keys.move(1)),
    key('k', () => t('trace.key.up'), () => keys.move(-1)),
    key('ArrowDown', () => t('trace.key.down'), () => keys.move(1)),
    key('ArrowUp', () => t('trace.key.up'), () => keys.move(-1)),
    key('ArrowRight', () => t('trace.key.open'), () => keys.open(true)),
    key('ArrowLeft', () => t('trace.key.close'), () => keys.open(false)),
    key('p', () => t('trace.key.path'), keys.path),
    key('Escape', () => t('trace.key.leave'), keys.close),
  ])
}
