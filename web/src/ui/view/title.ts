import { onScopeDispose, shallowRef, watch } from 'vue'
import type { RouteLocationRaw } from 'vue-router'

export interface PageTitle {
  /** What the page is about, such as the name of a service. */
  text: string
  /** The page above it. */
  parent?: { text: string; to: RouteLocationRaw }
}

/** Title of the open page; null for the name of the page itself. */
export const pageTitle = shallowRef<PageTitle | null>(null)

/** Names what the page is about, for the bar at the top and the tab of the browser. */
export function useTitle(title: () => PageTitle | null): void {
  watch(title, (value) => (pageTitle.value = value), { immediate: true })
  onScopeDispose(() => (pageTitle.value = null))
}
