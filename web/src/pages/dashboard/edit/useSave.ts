import { useQueryClient } from '@tanstack/vue-query'
import { ref, shallowRef } from 'vue'
import { addTemplate, ApiError, changeTemplate } from '@/api'
import { checkDashboard, nextStored, storedText, unchanged, type Dashboard, type Fault, type Stored } from '@/model'
import { readServer, type Opened } from '../useDashboard'

export type Conflict = { kind: 'changed'; theirs: Stored } | { kind: 'gone' }

const stamp = (): string => Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Saves over what was opened, and tells when someone else was faster. */
export function useSave(template: string | null, opened: Stored | null, done: (id: string) => void) {
  const client = useQueryClient()
  const busy = ref(false)
  const error = shallowRef<unknown>(null)
  const faults = ref<readonly Fault[]>([])
  const conflict = shallowRef<Conflict | null>(null)
  const tooLarge = ref(false)
  const signal = (): AbortSignal => AbortSignal.timeout(30_000)

  function finish(id: string, stored: Stored): void {
    client.setQueryData<Opened>(['dashboard', id], { dashboard: stored.dashboard, stored, builtIn: false })
    void client.invalidateQueries({ queryKey: ['templates'] })
    done(id)
  }

  async function add(dashboard: Dashboard): Promise<void> {
    const next = nextStored(null, dashboard, Date.now(), stamp())
    const text = storedText(next)
    if (text === null) tooLarge.value = true
    else finish(await addTemplate(text, signal()), next)
  }

  async function replace(id: string, dashboard: Dashboard, over: boolean): Promise<void> {
    const now = await readServer(id, signal())
    if (!over && opened && !unchanged(opened, now)) {
      conflict.value = { kind: 'changed', theirs: now }
      return
    }
    const next = nextStored(now, dashboard, Date.now(), stamp())
    const text = storedText(next)
    if (text === null) {
      tooLarge.value = true
      return
    }
    await changeTemplate(id, text, signal())
    // The server takes the last of two writings: reading back tells whose it is.
    const kept = await readServer(id, signal())
    if (unchanged(next, kept)) finish(id, next)
    else conflict.value = { kind: 'changed', theirs: kept }
  }

  /** `over`: on top of what someone else saved; `copy`: as a new dashboard. */
  async function save(dashboard: Dashboard, how: 'usual' | 'over' | 'copy' = 'usual'): Promise<void> {
    const checked = checkDashboard({ format: 'skytrail-dashboard', version: 1, ...dashboard })
    faults.value = checked.faults
    error.value = null
    conflict.value = null
    tooLarge.value = false
    if (checked.faults.length > 0 || busy.value) return
    busy.value = true
    try {
      if (template === null || how === 'copy') await add(dashboard)
      else await replace(template, dashboard, how === 'over')
    } catch (failure) {
      if (template !== null && failure instanceof ApiError && failure.code === 'NOT_FOUND') conflict.value = { kind: 'gone' }
      else error.value = failure
    } finally {
      busy.value = false
    }
  }
  return { busy, error, faults, conflict, tooLarge, save }
}
