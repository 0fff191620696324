import { createApp } from 'vue'
import { VueQueryPlugin } from '@tanstack/vue-query'
import '@/ui/tokens.css'
import '@/ui/base.css'
import { queryClient } from '@/api'
import App from '@/shell/App.vue'
import en from '@/shell/locales/en'
import { router } from '@/shell/router'
import { i18n, useLocaleMessages } from '@/ui/i18n'

useLocaleMessages('en', en)
createApp(App).use(router).use(i18n).use(VueQueryPlugin, { queryClient }).mount('#app')
