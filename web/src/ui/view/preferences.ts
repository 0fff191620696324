import { computed, ref, watch, type Ref } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
export type Language = 'system' | 'en' | 'zh'

/** A choice that stays in this browser. A store that is denied or full costs the memory, never the page. */
function remembered<T extends string>(key: string, start: T, allowed: (text: string) => boolean): Ref<T> {
  let stored: string | null = null
  try {
    stored = localStorage.getItem(`skytrail.${key}`)
  } catch {
    // Denied by the browser's settings.
  }
  const value = ref(stored !== null && allowed(stored) ? stored : start) as Ref<T>
  watch(value, (text) => {
    try {
      localStorage.setItem(`skytrail.${key}`, text)
    } catch {
      // As above.
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

export const theme = remembered<Theme>('theme', 'system', oneOf('system', 'light', 'dark'))
export const language = remembered<Language>('language', 'system', oneOf('system', 'en', 'zh'))
/** IANA name such as "Asia/Shanghai" or "UTC"; empty for that of the browser. */
export const zone = remembered<string>('zone', '', isZone)
export const sidebar = remembered<'open' | 'narrow'>('sidebar', 'open', oneOf('open', 'narrow'))

const systemDark = ref(false)
if (typeof matchMedia === 'function') {
  const query = matchMedia('(prefers-color-scheme: dark)')
  systemDark.value = query.matches
  query.addEventListener('change', (event) => (systemDark.value = event.matches))
}

export const dark = computed(() => (theme.value === 'system' ? systemDark.value : theme.value === 'dark'))

export const locale = computed<'en' | 'zh'>(() => {
  if (language.value !== 'system') return language.value
  return typeof navigator !== 'undefined' && navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
})
