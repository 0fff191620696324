import { checkDashboard } from './check'
import type { Dashboard } from './format'
import cache from './builtin/cache.json'
import database from './builtin/database.json'
import endpoint from './builtin/endpoint.json'
import general from './builtin/general.json'
import jvm from './builtin/jvm.json'
import queue from './builtin/queue.json'

const files = { general, endpoint, database, cache, queue, jvm }

export type BuiltInKey = keyof typeof files
export const BUILT_IN_KEYS = Object.keys(files) as BuiltInKey[]

/** A dashboard that comes with the product; null when there is none of this name. */
export function builtIn(key: string): Dashboard | null {
  return Object.hasOwn(files, key) ? checkDashboard(files[key as BuiltInKey]).dashboard : null
}
