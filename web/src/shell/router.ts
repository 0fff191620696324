import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

/** Every page has a path of one segment, so that relative addresses of assets and requests hold under any prefix. */
const pages: RouteRecordRaw[] = [
  { path: '/overview', name: 'overview', component: () => import('@/pages/overview') },
  { path: '/services', name: 'services', component: () => import('@/pages/services') },
  { path: '/service', name: 'service', component: () => import('@/pages/service') },
  { path: '/traces', name: 'traces', component: () => import('@/pages/traces') },
  { path: '/trace', name: 'trace', component: () => import('@/pages/trace') },
  { path: '/settings', name: 'settings', component: () => import('@/pages/settings') },
]

/** Path of the folder that the page was loaded from: `/apm/overview` gives `/apm/`. */
export const basePath = location.pathname.slice(0, location.pathname.lastIndexOf('/') + 1)

export const router = createRouter({
  history: createWebHistory(basePath),
  routes: [
    ...pages,
    { path: '/', redirect: (to) => ({ path: '/overview', query: to.query }) },
    { path: '/:rest(.*)*', redirect: '/overview' },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
