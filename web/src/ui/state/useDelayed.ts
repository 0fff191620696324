import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** True once the condition has held for so many ms without a break; false at once when it ends. */
export function useDelayed(condition: () => boolean, delay = 300): Readonly<Ref<boolean>> {
  const shown = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    condition,
    (holds) => {
      clearTimeout(timer)
      if (!holds) shown.value = false
      else timer = setTimeout(() => (shown.value = true), delay)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return shown
}
