import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp, watch, watchEffect } from 'vue'
import { queryClient } from '@/api'
import '@/ui/tokens.css'
import '@/ui/base.css'
import App from '@/shell/App.vue'
import { router } from '@/shell/router'
import { i18n, useLocaleMessages, type Locale, type Messages } from '@/ui/i18n'
import { dark, locale } from '@/ui/view/preferences'

const languages: Record<Locale, () => Promise<{ default: Messages }>> = {
  en: () => import('@/shell/locales/en'),
  zh: () => import('@/shell/locales/zh'),
}

async function speak(wanted: Locale): Promise<void> {
  const { default: messages } = await languages[wanted]()
  if (wanted === locale.value) useLocaleMessages(wanted, messages)
}

watchEffect(() => (document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light'))
watch(locale, (wanted) => void speak(wanted))
// The router begins to fetch the page at once, beside the language.
const app = createApp(App).use(router).use(i18n).use(VueQueryPlugin, { queryClient })
await speak(locale.value)
app.mount('#app')
