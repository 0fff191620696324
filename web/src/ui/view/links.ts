import type { LocationQueryRaw, RouteLocationRaw } from 'vue-router'

/** Parameters of the frame that a link inside the product takes along. */
export const CARRIED = ['last', 'from', 'to', 'paused', 'compare', 'group', 'layer'] as const

function carried(query: LocationQueryRaw): LocationQueryRaw {
  return Object.fromEntries(CARRIED.filter((name) => query[name] !== undefined).map((name) => [name, query[name]]))
}

export type Page = 'overview' | 'topology' | 'services' | 'service' | 'instance' | 'endpoint' | 'traces' | 'trace' | 'dashboards' | 'dashboard' | 'settings'

/** Address of a page with these parameters and what the frame carries from the page that is open; a range of its own replaces that. */
export function pageLink(page: Page, query: Record<string, string | number | string[] | null | undefined>, current: LocationQueryRaw): RouteLocationRaw {
  const own = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const kept = carried(current)
  if (query['from'] !== undefined || query['last'] !== undefined) for (const name of ['last', 'from', 'to', 'paused']) delete kept[name]
  return { path: `/${page}`, query: { ...kept, ...Object.fromEntries(own.map(([key, value]) => [key, Array.isArray(value) ? value : String(value)])) } }
}
