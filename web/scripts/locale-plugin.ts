import { baseCompile } from '@intlify/message-compiler'
import type { Plugin } from 'vite'

const localeFile = /\/locale\/(en|zh)\.json$/

/** Compiles one tree of messages; each text becomes the syntax tree that the runtime of vue-i18n walks. */
function compile(node: unknown, path: string, complain: (text: string) => void): unknown {
  if (typeof node === 'string') {
    return baseCompile(node, {
      jit: true,
      minify: true,
      location: false,
      onError: (error) => complain(`${path}: ${error.message}`),
    }).ast
  }
  return Object.fromEntries(
    Object.entries(node as Record<string, unknown>).map(([key, value]) => [key, compile(value, `${path}.${key}`, complain)]),
  )
}

/** Turns `locale/en.json` and `locale/zh.json` into compiled messages, so that no compiler travels to the browser. */
export function locales(): Plugin {
  return {
    name: 'skytrail-locales',
    enforce: 'pre',
    transform(code, id) {
      if (!localeFile.test(id)) return null
      const messages = compile(JSON.parse(code), id, (text) => this.error(text))
      return { code: `export default JSON.parse(${JSON.stringify(JSON.stringify(messages))})`, map: null, moduleType: 'js' }
    },
  }
}
