// A browser, and pages that remember what went wrong in them.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export const executable = process.env.SKYTRAIL_BROWSER ?? places.find((place) => existsSync(place))

export function launch() {
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
}

/**
 * A page of its own session. `wrong` lists errors of scripts, reports of the content security policy and dialogs;
 * `quiet` are texts of errors that a test causes itself.
 */
export async function openPage(browser, { width = 1280, height = 900, theme = 'light', language = 'en-US', quiet = [] } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: language })
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`csp: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))
  })
  const page = await context.newPage()
  watch(page)
  const wrong = []
  const note = (text) => {
    if (!quiet.some((one) => text.includes(one))) wrong.push(text)
  }
  page.on('console', (message) => message.type() === 'error' && note(message.text()))
  page.on('pageerror', (error) => note(String(error)))
  page.on('dialog', (dialog) => {
    note(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, wrong, close: () => context.close() }
}

/** Requests of each page that are not answered yet. */
const open = new WeakMap()

function watch(page) {
  const requests = new Set()
  open.set(page, requests)
  page.on('request', (request) => requests.add(request))
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => requests.delete(request))
}

/** Frames without a request and without a sign of progress, after which nothing more is to come. */
const CALM = 4

/** Waits until nothing is being loaded any more and what was loaded is drawn. */
export async function settled(page) {
  if (!open.has(page)) watch(page)
  await page.waitForLoadState()
  const isIdle = () =>
    new Promise((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.querySelector('main') !== null && document.querySelector('[aria-busy="true"], [role="progressbar"]') === null))),
    )
  const end = Date.now() + 60_000
  for (let calm = 0; calm < CALM; ) {
    if (Date.now() > end) throw new Error(`${page.url()} does not come to rest: ${[...open.get(page)].map((request) => request.url()).join(' ')}`)
    const idle = await page.evaluate(isIdle).catch(() => false)
    calm = idle && open.get(page).size === 0 ? calm + 1 : 0
  }
}
