import { queryClient, readSession, reachability } from '@/api'
import { refreshEvery } from '@/ui/time/range'
import { refresh, useTime } from '@/ui/time/useTime'
import { onBeforeUnmount, watch } from 'vue'

/** Pause between two questions whether the server is back. */
const KNOCK = 2_000

/** Asks for live data again and again while someone looks, and, while the server is gone, whether it is back. */
export function useLive(): void {
  const { live, range } = useTime()
  let timer = 0
  let knocking = 0

  const beat = (): void => {
    window.clearInterval(timer)
    const every = refreshEvery(range.value)
    if (live.value && every > 0 && reachability.reachable.value) {
      timer = window.setInterval(() => {
        if (!document.hidden) refresh()
      }, every)
    }
  }
  const seen = (): void => {
    if (!document.hidden && live.value && reachability.reachable.value) {
      refresh()
      beat()
    }
  }
  const knock = async (): Promise<void> => {
    await readSession(AbortSignal.timeout(KNOCK)).catch(() => undefined)
    if (!reachability.reachable.value) knocking = window.setTimeout(() => void knock(), KNOCK)
  }

  watch([live, range], beat, { immediate: true })
  watch(reachability.reachable, (there) => {
    window.clearTimeout(knocking)
    beat()
    if (!there) knocking = window.setTimeout(() => void knock(), KNOCK)
    else {
      refresh()
      void queryClient.refetchQueries({ type: 'active', predicate: (query) => query.state.status === 'error' })
    }
  })
  document.addEventListener('visibilitychange', seen)
  onBeforeUnmount(() => {
    window.clearInterval(timer)
    window.clearTimeout(knocking)
    document.removeEventListener('visibilitychange', seen)
  })
}
