import { ref } from 'vue'
import { ApiError, readSession } from '@/api'

const required = ref(false)
const known = ref(false)

/** Whether this server asks for a token. */
export function useSession() {
  return {
    required,
    known,
    async check(): Promise<void> {
      try {
        required.value = (await readSession(AbortSignal.timeout(10_000))).required
      } catch (error) {
        // A server that has no sessions asks for none; one that is away is told by the banner.
        if (!(error instanceof ApiError)) throw error
      }
      known.value = true
    },
  }
}
