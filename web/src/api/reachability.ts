import { readonly, ref } from 'vue'

const reachable = ref(true)
const signedOut = ref(false)

/** What the last requests told about the server; the frame shows a banner or asks for the token. */
export const reachability = {
  reachable: readonly(reachable),
  signedOut: readonly(signedOut),
  lost(): void {
    reachable.value = false
  },
  found(): void {
    reachable.value = true
  },
  refused(): void {
    signedOut.value = true
  },
  accepted(): void {
    signedOut.value = false
  },
}
