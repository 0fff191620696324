import type { LocationQuery, LocationQueryRaw, RouteLocationNormalizedLoaded, Router } from 'vue-router'
import type { Instants } from '@/ui/time/range'

/** The same view at fixed instants, so that others see what stands here now. */
export function frozen(query: LocationQuery, instants: Instants): LocationQueryRaw {
  const rest: LocationQueryRaw = { ...query }
  delete rest['last']
  delete rest['paused']
  return { ...rest, from: String(instants.from), to: String(instants.to) }
}

export function absoluteAddress(router: Router, route: RouteLocationNormalizedLoaded, query: LocationQueryRaw): string {
  return new URL(router.resolve({ path: route.path, query }).href, location.href).href
}
