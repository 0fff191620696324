import { computed, ref, watch, type Ref } from 'vue'
import { localeOf, remembered } from './language'

export type Theme = 'system' | 'light' | 'dark'
export type Language = 'system' | 'en' | 'zh'

/** A choice that stays in this browser. A store that is denied or full costs the memory, never the page. */
function kept<T extends string>(key: string, start: T, allowed: (text: string) => boolean): Ref<T> {
  const stored = remembered(key)
  const value = ref(stored !== null && allowed(stored) ? stored : start) as Ref<T>
  watch(value, (text) => {
    try {
      localStorage.setItem(`skytrail.${key}`, text)
    } catch {
      // Denied by the browser's settings, or full.
    }
  })
  return value
}

const oneOf = (...texts: string[]) => (text: string): boolean => texts.includes(text)

function isZone(text: string): boolean {
  if (text === '') return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}

export const theme = kept<Theme>('theme', 'system', oneOf('system', 'light', 'dark'))
export const language = kept<Language>('language', 'system', oneOf('system', 'en', 'zh'))
/** IANA name such as "Asia/Shanghai" or "UTC"; empty for that of the browser. */
export const zone = kept<string>('zone', '', isZone)
export const sidebar = kept<'open' | 'narrow'>('sidebar', 'open', oneOf('open', 'narrow'))

const systemDark = ref(false)
if (typeof matchMedia === 'function') {
  const query = matchMedia('(prefers-color-scheme: dark)')
  systemDark.value = query.matches
  query.addEventListener('change', (event) => (systemDark.value = event.matches))
}

export const dark = computed(() => (theme.value === 'system' ? systemDark.value : theme.value === 'dark'))

export const locale = computed<'en' | 'zh'>(() => localeOf(language.value))
