// The server goes away while a page is open, and comes back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './support/browser.mjs'
import { world } from './support/world.mjs'

export function serverAway() {
  test('a page says that the server is away, and goes on when it is back', async () => {
    const { page, close } = await world.open()
    await page.goto(`${world.server.url}/overview`)
    await settled(page)
    const services = await page.locator('table a[data-row]').count()
    await world.server.kill()
    const banner = page.locator('.banner[role=alert]')
    await banner.waitFor({ timeout: 60_000 })
    assert.equal(await page.locator('table a[data-row]').count(), services, 'what was there stays')
    await world.server.run()
    await banner.waitFor({ state: 'detached', timeout: 60_000 })
    await settled(page)
    assert.equal(await page.locator('[role=alert]').count(), 0)
    await close()
  })
}
