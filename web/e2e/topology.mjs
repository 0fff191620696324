// From the map of services down to instances and endpoints, and back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './support/browser.mjs'
import { world } from './support/world.mjs'

/** A node or call of the map by the words that say it to those who do not see it. */
const onMap = (page, words) => page.locator('.topology .sr button', { hasText: words }).first()

/** Chooses it as the keyboard does. */
async function choose(page, words) {
  const button = onMap(page, words)
  await button.waitFor({ state: 'attached' })
  await button.focus()
  await page.keyboard.press('Enter')
  return page.locator('aside.panel')
}

const parameter = (page, name) => new URL(page.url()).searchParams.get(name)
const arrived = (page, name, value) => page.waitForURL((url) => url.searchParams.get(name) === value)

export function topology() {
  test('the map leads from services to instances and endpoints', async () => {
    const { page, wrong, close } = await world.open({ width: 1440 })
    await page.goto(`${world.server.url}/topology`)
    await settled(page)

    const node = await choose(page, /^gateway,/)
    await node.getByRole('heading', { name: 'gateway', level: 2 }).waitFor()
    await node.locator('.calls button', { hasText: 'storefront' }).click()
    const call = page.locator('aside.panel')
    await call.getByRole('heading', { name: 'gateway → storefront' }).waitFor()

    await call.getByRole('button', { name: 'Instances', exact: true }).click()
    await arrived(page, 'scope', 'instances')
    await settled(page)
    const instance = await choose(page, /^storefront-1/)
    assert.equal(await onMap(page, /^storefront-3/).count(), 1, 'every instance is on the map')
    await instance.getByRole('link', { name: 'Open instance' }).click()
    await page.waitForURL(/\/instance\?/)
    await settled(page)
    assert.match(await page.locator('h1').innerText(), /^storefront-1/)

    await page.goBack()
    await arrived(page, 'scope', 'instances')
    await settled(page)
    await page.getByRole('link', { name: 'All services' }).click()
    await arrived(page, 'scope', null)
    await settled(page)

    const service = await choose(page, /^storefront,/)
    await service.getByRole('button', { name: 'GET:/basket' }).click()
    await arrived(page, 'scope', 'endpoint')
    await settled(page)
    assert.notEqual(parameter(page, 'endpoint'), null)
    await onMap(page, /^GET:\/cart,/).waitFor({ state: 'attached' })
    const endpoint = await choose(page, /^GET:\/basket/)
    await endpoint.getByRole('link', { name: 'Open endpoint' }).click()
    await page.waitForURL(/\/endpoint\?/)
    await settled(page)
    assert.match(await page.locator('h1').innerText(), /^GET:\/basket/)
    assert.deepEqual(wrong, [])
    await close()
  })
}
