import type { HtmlTagDescriptor, Plugin } from 'vite'

/** What the entry imports later but every page needs: the page names it, so that it does not wait for the entry. */
const needed = ['/src/main.ts']

/** Names the chunks of `needed`, with all that these import and their styles, in the page. */
export function firstPage(): Plugin {
  return {
    name: 'skytrail-first-page',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        if (!bundle) return
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
        const found = new Set<string>()
        const styles = new Set<string>()
        const visit = (name: string): void => {
          const chunk = chunks.find((one) => one.fileName === name)
          if (!chunk || found.has(name)) return
          found.add(name)
          chunk.imports.forEach(visit)
          // After those of what it imports, as the styles of a page are ordered everywhere.
          for (const style of chunk.viteMetadata?.importedCss ?? []) styles.add(style)
        }
        for (const { fileName, facadeModuleId } of chunks) if (needed.some((end) => facadeModuleId?.endsWith(end))) visit(fileName)
        const tag = (rel: string, file: string): HtmlTagDescriptor => ({ tag: 'link', attrs: { rel, crossorigin: true, href: `./${file}` }, injectTo: 'head' })
        return [...[...found].filter((file) => !html.includes(file)).map((file) => tag('modulepreload', file)), ...[...styles].map((file) => tag('stylesheet', file))]
      },
    },
  }
}
