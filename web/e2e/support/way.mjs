// The way from the overview to a cause by what the pages say first, for someone who knows nothing else.
import { settled } from './browser.mjs'

/** Clicks after which a cause must be told. */
export const CLICKS = 5

/** Where a page leads: the one thing that is clicked there. */
const leads = {
  // The worst service stands first.
  '/overview': (page) => first(page, 'table a[data-row]'),
  // The first of its reasons that shows evidence; of a database its slowest statement; else what leads on from there.
  '/service': (page) => first(page, '.ui-reasons a', 'table[aria-label="Slow statements"] a[data-row]', '.leads-on a'),
  '/endpoint': (page) => first(page, '.leads-on a'),
  '/traces': (page) => first(page, 'table a[data-row]'),
  // What the answer waited for.
  '/trace': (page) => first(page, 'button.th-fact:has-text("of the critical path")'),
}

async function first(page, ...selectors) {
  for (const selector of selectors) {
    const found = page.locator(`main ${selector}`).first()
    if ((await found.count()) > 0) return found
  }
  throw new Error(`${page.url()} leads nowhere`)
}

/** The page that tells a cause: an instance, or a span of a trace. */
const isCause = ({ pathname, searchParams }) => pathname === '/instance' || searchParams.has('span')

/**
 * Follows the pages from where `page` is; gives what was clicked and the words of the last page. `seen` is called on
 * every page, with what will be clicked there, if anything.
 */
export async function follow(page, seen = async () => undefined) {
  const way = []
  for (;;) {
    await settled(page)
    const at = new URL(page.url())
    if (isCause(at)) break
    if (way.length === CLICKS) throw new Error(`no cause after ${CLICKS} clicks: ${way.join(' → ')}`)
    const lead = await leads[at.pathname](page)
    await seen(way.length, lead)
    way.push(`${at.pathname} “${(await lead.innerText()).replace(/\s+/g, ' ').trim()}”`)
    await lead.click()
    await page.waitForURL((url) => url.href !== at.href)
  }
  await seen(way.length, null)
  const last = new URL(page.url()).pathname === '/instance' ? page.locator('main h1') : page.locator('aside.sp')
  return { way, words: (await last.innerText()).replace(/\s+/g, ' ') }
}

/** What the demo says at its end: the kind of what went wrong, and the statement or the instance. */
export function told(said) {
  const [, kind, what] = /what went wrong: (slow statement|bad instance|lock wait)(?: of \S+)?: (.+)/.exec(said) ?? []
  if (!what) throw new Error(`the demo does not tell what went wrong: ${said}`)
  return { kind, what: what.trim() }
}
