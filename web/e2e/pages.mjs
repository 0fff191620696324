// Every page in both themes, both languages and at every width: nothing breaks, nothing is cut off, nothing that
// readers of screens need is missing. Leaves pictures in e2e/out.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { settled } from './support/browser.mjs'
import { world } from './support/world.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const out = fileURLToPath(new URL('out/', import.meta.url))
mkdirSync(out, { recursive: true })

/** Serious findings of axe, one line each. */
async function barriers(page) {
  // Evaluated by the debugger, not by the page: its policy allows no other script.
  await page.evaluate(axe)
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`)
}

const looks = [
  { theme: 'light', language: 'en-US', width: 1280 },
  { theme: 'dark', language: 'en-US', width: 1280 },
  { theme: 'light', language: 'zh-CN', width: 1280 },
  { theme: 'light', language: 'en-US', width: 390, height: 844 },
  { theme: 'dark', language: 'zh-CN', width: 2560, height: 1440 },
]

export function pages() {
  for (const look of looks) {
    const name = `${look.theme}-${look.language.slice(0, 2)}-${look.width}`
    test(`every page at ${name}`, async (t) => {
      const { page, wrong, close } = await world.open(look)
      for (const [title, address] of Object.entries(await world.pages())) {
        await t.test(title, async () => {
          await page.goto(`${world.server.url}/${address}`)
          await settled(page)
          assert.equal(await page.locator('[role=alert]').count(), 0, await page.locator('body').innerText())
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          assert.ok(over <= 0, `${over} px wider than the window`)
          await page.screenshot({ path: `${out}${title}-${name}.png` })
          assert.deepEqual(await barriers(page), [])
          assert.deepEqual(wrong.splice(0), [])
        })
      }
      await close()
    })
  }
}
