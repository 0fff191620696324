import { useRoute, type RouteLocationRaw } from 'vue-router'
import { pageLink, type Page } from './links'

/** `link('trace', { id })`: the address of a page that keeps the time range and filters. */
export function usePageLink(): (page: Page, query?: Record<string, string | number | string[] | null | undefined>) => RouteLocationRaw {
  const route = useRoute()
  return (page, query = {}) => pageLink(page, query, route.query)
}
