// From "something is slow" to the reason, and back by the address.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './support/browser.mjs'
import { world } from './support/world.mjs'

export function journey() {
  test('overview, service, traces, trace, span', async () => {
    const { page, wrong, close } = await world.open()
    await page.goto(`${world.server.url}/`)
    await settled(page)
    assert.match(page.url(), /\/overview/)
    const first = page.locator('table a[data-row]').first()
    const service = (await first.innerText()).trim()
    await first.click()
    await page.waitForURL(/\/service\?/)
    await settled(page)
    assert.ok((await page.locator('h1').innerText()).includes(service))

    await page.goto(`${world.server.url}/traces?endpoint=`)
    await settled(page)
    await page.locator('table a[data-row]').first().click()
    await page.waitForURL(/\/trace\?/)
    await settled(page)
    await page.locator('[role=row]').nth(1).waitFor()
    assert.deepEqual(wrong, [])
    await close()
  })

  test('a box over the slow ones says what they share', async () => {
    const { page, wrong, close } = await world.open()
    const { services } = await world.server.ask('overview', {})
    const gateway = services.find((one) => one.name === 'gateway').id
    const { endpoints } = await world.server.ask('service', { id: gateway })
    const checkout = endpoints.find((one) => one.name === 'POST:/checkout').id
    await page.goto(`${world.server.url}/traces?service=${encodeURIComponent(gateway)}&endpoint=${encodeURIComponent(checkout)}`)
    await settled(page)
    const plot = await page.locator('canvas').first().boundingBox()
    await page.mouse.move(plot.x + 60, plot.y + 4)
    await page.mouse.down()
    await page.mouse.move(plot.x + plot.width - 4, plot.y + plot.height * 0.75, { steps: 8 })
    await page.mouse.up()
    await settled(page)
    assert.match(page.url(), /box=/)
    const shared = await page.locator('.tc-list li').first().innerText()
    assert.match(shared, /tenant = northwind/)

    const address = page.url()
    const listed = await page.locator('table a[data-row]').allInnerTexts()
    const other = await world.open()
    await other.page.goto(address)
    await settled(other.page)
    assert.equal(other.page.url(), address)
    assert.deepEqual((await other.page.locator('table a[data-row]').allInnerTexts()).length, listed.length)
    await other.close()
    assert.deepEqual(wrong, [])
    await close()
  })
}
