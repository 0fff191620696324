import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { firstPage } from './scripts/first-page-plugin.ts'
import { locales } from './scripts/locale-plugin.ts'

/** What runs before anything else does. */
const isStart = (id: string): boolean => id.includes('vite/preload-helper') || /\/src\/(api\/early|api\/queryString|ui\/time\/range|ui\/view\/language)\.ts$/.test(id)

/** What nearly every page needs comes in one file: forty small ones would wait for one another. */
function isBase(id: string): boolean {
  if (id.includes('plugin-vue')) return true
  if (id.includes('node_modules')) return !id.includes('uplot')
  return /\/src\/(api|ui)\//.test(id) && !isStart(id) && !/\/ui\/charts\/(time|entity|scatter|box)/i.test(id) && !id.includes('/locale/')
}

/** Server that `npm run dev` asks; its HTTP port. */
const server = process.env['SKYTRAIL_SERVER'] ?? 'http://127.0.0.1:12800'

export default defineConfig({
  // Assets are addressed relative to the page, so that any sub-path of a proxy works.
  base: './',
  plugins: [locales(), firstPage(), vue()],
  resolve: {
    alias: {
      '@': fileURLToPath(new URL('./src', import.meta.url)),
      'vue-i18n': 'vue-i18n/dist/vue-i18n.runtime.mjs',
    },
  },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'true',
  },
  build: {
    target: 'es2023',
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'early', test: isStart }, { name: 'base', test: isBase }] } } },
  },
  worker: { format: 'es' },
  server: {
    port: Number(process.env['PORT'] ?? 5173),
    proxy: { '/graphql': server, '/ui': server },
  },
  test: { include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'] },
})
