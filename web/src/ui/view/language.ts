/** What this browser remembers of a choice; null where nothing is, or where it is denied by its settings. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`skytrail.${key}`)
  } catch {
    return null
  }
}

/** The language of the texts: as chosen, else that of the browser. */
export function localeOf(chosen: string | null): 'en' | 'zh' {
  if (chosen === 'en' || chosen === 'zh') return chosen
  return typeof navigator !== 'undefined' && navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
