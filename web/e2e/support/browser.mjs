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

/** Waits until nothing is being loaded any more and what was loaded is drawn. */
export async function settled(page) {
  const isIdle = () => document.querySelector('main') !== null && document.querySelector('[aria-busy="true"], [role="progressbar"]') === null
  await page.waitForFunction(isIdle)
  await page.waitForLoadState('networkidle')
  await page.waitForFunction(isIdle)
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}
