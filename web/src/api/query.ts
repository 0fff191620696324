import { QueryClient } from '@tanstack/vue-query'
import { ApiError } from './error'

/** At most this many tries after the first; only for failures that may pass. */
export const RETRIES = 2

export function shouldRetry(failures: number, error: unknown): boolean {
  return error instanceof ApiError && error.transient && error.code !== 'UNREACHABLE' && failures < RETRIES
}

/** What the server asks for, else 0.5 s, 1 s, 2 s. */
export function retryDelay(attempt: number, error: unknown): number {
  const asked = error instanceof ApiError ? error.retryAfter : null
  return asked !== null ? Math.min(asked, 30) * 1000 : 500 * 2 ** attempt
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: shouldRetry, retryDelay, staleTime: 5_000, gcTime: 5 * 60_000, refetchOnWindowFocus: false, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
})
