import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { ApiError, getTemplate } from '@/api'
import { builtIn, readStored, type Dashboard, type Fault, type Stored } from '@/model'

export interface Opened {
  dashboard: Dashboard
  /** Null for what is built in or new: saving adds a dashboard. */
  stored: Stored | null
  builtIn: boolean
}

/** A stored dashboard that cannot be shown; `faults` name its fields. */
export class FaultyDashboard extends ApiError {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super('MALFORMED', 'the stored dashboard cannot be read')
    this.faults = faults
  }
}

export const EMPTY: Dashboard = { name: '', layer: '', start: '', widgets: [] }

/** Reads a dashboard of the server; `foreign` ones were written by another interface. */
export async function readServer(id: string, signal: AbortSignal): Promise<Stored> {
  const template = await getTemplate(id, signal)
  if (!template) throw new ApiError('NOT_FOUND', 'no such dashboard', { status: 404, field: 'id' })
  const read = readStored(template.configuration)
  if ('foreign' in read) throw new ApiError('MALFORMED', 'another interface keeps this dashboard')
  if (!read.stored) throw new FaultyDashboard(read.faults)
  return read.stored
}

/** The dashboard that the address names: built in, `new`, or the id of a stored one. */
export function useDashboard(id: Ref<string>) {
  return useQuery<Opened, Error>({
    queryKey: computed(() => ['dashboard', id.value]),
    queryFn: async ({ signal }) => {
      if (id.value === 'new') return { dashboard: EMPTY, stored: null, builtIn: false }
      const own = builtIn(id.value)
      if (own) return { dashboard: own, stored: null, builtIn: true }
      const stored = await readServer(id.value, signal)
      return { dashboard: stored.dashboard, stored, builtIn: false }
    },
    staleTime: 0,
  })
}
