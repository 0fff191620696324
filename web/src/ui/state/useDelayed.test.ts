import { effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useDelayed } from './useDelayed'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('what is over within the delay was never shown', async () => {
  const busy = ref(true)
  const scope = effectScope()
  const shown = scope.run(() => useDelayed(() => busy.value))
  vi.advanceTimersByTime(299)
  busy.value = false
  await nextTick()
  vi.advanceTimersByTime(1000)
  expect(shown?.value).toBe(false)
  busy.value = true
  await nextTick()
  vi.advanceTimersByTime(300)
  expect(shown?.value).toBe(true)
  busy.value = false
  await nextTick()
  expect(shown?.value).toBe(false)
  scope.stop()
})
