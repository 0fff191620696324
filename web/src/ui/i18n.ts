import { createI18n } from 'vue-i18n'

export type Locale = 'en' | 'zh'
export type Messages = Record<string, unknown>

/** Texts are found under the name of the folder they belong to: `pages/overview/locale/en.json` is `overview.*`. */
export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', missingWarn: false, fallbackWarn: false, messages: {} })

/** Makes the messages of a language known and switches to it. */
export function useLocaleMessages(locale: Locale, messages: Messages): void {
  i18n.global.setLocaleMessage(locale, messages as never)
  i18n.global.locale.value = locale as never
  document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en'
}

/** Name of the folder that holds a `locale` folder, from a path of import.meta.glob. */
export function byFolder(modules: Record<string, unknown>): Messages {
  return Object.fromEntries(Object.entries(modules).map(([path, messages]) => [path.split('/').at(-3) ?? '', messages]))
}
