import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

declare module 'vue-router' {
  interface RouteMeta {
    /** The page shows a stretch of time: the frame offers range and refresh. */
    timed?: boolean
    compared?: boolean
    /** The page can be filtered by group and layer. */
    scoped?: boolean
  }
}

/** Every page has a path of one segment, so that relative addresses of assets and requests hold under any prefix. */
const pages: RouteRecordRaw[] = [
  { path: '/overview', name: 'overview', component: () => import('@/pages/overview'), meta: { timed: true, compared: true, scoped: true } },
  { path: '/topology', name: 'topology', component: () => import('@/pages/topology'), meta: { timed: true, compared: true, scoped: true } },
  { path: '/services', name: 'services', component: () => import('@/pages/services'), meta: { timed: true, scoped: true } },
  { path: '/service', name: 'service', component: () => import('@/pages/service'), meta: { timed: true, compared: true } },
  { path: '/instance', name: 'instance', component: () => import('@/pages/instance'), meta: { timed: true, compared: true } },
  { path: '/endpoint', name: 'endpoint', component: () => import('@/pages/endpoint'), meta: { timed: true, compared: true } },
  { path: '/traces', name: 'traces', component: () => import('@/pages/traces'), meta: { timed: true } },
  { path: '/trace', name: 'trace', component: () => import('@/pages/trace') },
  { path: '/dashboards', name: 'dashboards', component: () => import('@/pages/dashboards') },
  { path: '/dashboard', name: 'dashboard', component: () => import('@/pages/dashboard'), meta: { timed: true } },
  { path: '/settings', name: 'settings', component: () => import('@/pages/settings') },
]

/** Fetches the code of the other pages once nothing else is to do, so that they open at once, also while the server is away. */
export function loadPagesWhenIdle(): void {
  const loads = pages.flatMap((page) => (typeof page.component === 'function' ? [page.component as () => Promise<unknown>] : []))
  const next = (): void => {
    const load = loads.shift()
    if (load) void load().then(later, () => undefined)
  }
  const later = (): void => void (typeof requestIdleCallback === 'function' ? requestIdleCallback(next) : setTimeout(next, 200))
  setTimeout(later, 1500)
}

/** Path of the folder that the page was loaded from: `/apm/overview` gives `/apm/`. */
export const basePath = location.pathname.slice(0, location.pathname.lastIndexOf('/') + 1)

export const router = createRouter({
  history: createWebHistory(basePath),
  routes: [
    ...pages,
    { path: '/', redirect: (to) => ({ path: '/overview', query: to.query }) },
    { path: '/:rest(.*)*', redirect: '/overview' },
  ],
  // Another view of the same page stays where it was scrolled to.
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})
