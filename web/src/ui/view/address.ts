import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQueryRaw, type Router } from 'vue-router'

interface Pending {
  query: Record<string, string | string[] | null>
  push: boolean
}
const pending = new WeakMap<Router, Pending>()

/** Changes of one turn become one entry of the history, so that "back" undoes a click as a whole. */
export function changeAddress(router: Router, change: Record<string, string | string[] | null>, push = false): void {
  const waiting = pending.get(router)
  if (waiting) {
    Object.assign(waiting.query, change)
    waiting.push ||= push
    return
  }
  const next: Pending = { query: { ...change }, push }
  pending.set(router, next)
  queueMicrotask(() => {
    pending.delete(router)
    const query: LocationQueryRaw = { ...router.currentRoute.value.query }
    for (const [key, value] of Object.entries(next.query)) {
      if (value === null || value.length === 0) delete query[key]
      else query[key] = value
    }
    void router[next.push ? 'push' : 'replace']({ query })
  })
}

/** How a value stands in the address. `parse` gets null where the parameter is missing; `format` gives null to leave it out. */
export interface Codec<T> {
  parse(text: string | null): T
  format(value: T): string | null
}

export const textCodec: Codec<string> = { parse: (text) => text ?? '', format: (value) => (value === '' ? null : value) }
export const flagCodec: Codec<boolean> = { parse: (text) => text === '1', format: (value) => (value ? '1' : null) }

export function choiceCodec<T extends string>(choices: readonly T[], standard: T): Codec<T> {
  return {
    parse: (text) => (choices.includes(text as T) ? (text as T) : standard),
    format: (value) => (value === standard ? null : value),
  }
}

export function numberCodec(standard: number | null = null): Codec<number | null> {
  return {
    parse: (text) => (text === null || text.trim() === '' || !Number.isFinite(Number(text)) ? standard : Number(text)),
    format: (value) => (value === standard || value === null ? null : String(value)),
  }
}

/**
 * A part of the view that lives in the address. Setting it replaces the entry of the history; with `push` it makes a new
 * one that "back" returns from.
 */
export function useAddress<T>(name: string, codec: Codec<T>, options: { push?: boolean } = {}): WritableComputedRef<T> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get() {
      const value = route.query[name]
      return codec.parse((Array.isArray(value) ? value[0] : value) ?? null)
    },
    set: (value) => changeAddress(router, { [name]: codec.format(value) }, options.push),
  })
}

/** As `useAddress`, for a parameter that may stand several times. */
export function useAddressList(name: string): WritableComputedRef<string[]> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get() {
      const value = route.query[name]
      return (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string')
    },
    set: (value) => changeAddress(router, { [name]: value }),
  })
}
