import type { IconName } from '@/ui/controls/icons'

export interface NavigationEntry {
  page: 'overview' | 'topology' | 'services' | 'traces' | 'dashboards' | 'settings'
  icon: IconName
  /** Pages that stand below this one. */
  covers: readonly string[]
  operate?: boolean
}

/** Only pages that exist. */
export const entries: readonly NavigationEntry[] = [
  { page: 'overview', icon: 'overview', covers: [] },
  { page: 'topology', icon: 'topology', covers: [] },
  { page: 'services', icon: 'services', covers: ['service', 'instance', 'endpoint'] },
  { page: 'traces', icon: 'traces', covers: ['trace'] },
  { page: 'dashboards', icon: 'dashboards', covers: ['dashboard'] },
  { page: 'settings', icon: 'settings', covers: [], operate: true },
]
