// Everything that defines a view is in its address; keys reach what the pointer reaches.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './support/browser.mjs'
import { world } from './support/world.mjs'

const MINUTE = 60_000

/** What a page says, or one table of it where the rest tells of the server at this moment. */
async function words(page, within) {
  await settled(page)
  return page.locator(within).first().innerText()
}

/** A stretch that nothing is added to any more. */
function past() {
  const to = Math.floor(Date.now() / MINUTE) * MINUTE - 5 * MINUTE
  return `from=${to - 20 * MINUTE}&to=${to}`
}

/** Pages, and what is done there before the address is taken. */
function views(pages) {
  const click = (name) => async (page) => page.getByRole('button', { name, exact: true }).first().click()
  const stretch = past()
  return {
    'services in another order': [`overview?${stretch}&compare=none`, async (page) => page.locator('th button').nth(3).click(), 'main table'],
    'a service': [`${pages.service}&${stretch}`, null],
    'an endpoint': [`${pages.endpoint}&${stretch}`, null],
    'failed traces, longest first': [`traces?${stretch}&state=error`, click('Duration')],
    'a span of a trace': [pages.trace, async (page) => {
      await page.locator('[role=row]', { hasText: 'Mysql' }).first().click()
      await page.locator('aside.sp').waitFor()
    }],
    'spans that match': [pages['trace-spans'], async (page) => page.getByLabel('Filter spans').fill('is:critical')],
    'statistics of operations': [pages['trace-statistics'], async (page) => {
      await page.getByRole('button', { name: 'Group by' }).click()
      await page.getByRole('menuitem', { name: 'Operation' }).click()
    }],
    'a node of the topology': [`topology?${stretch}`, async (page) => {
      await page.locator('.topology .sr button', { hasText: /^orders,/ }).first().focus()
      await page.keyboard.press('Enter')
      await page.locator('aside.panel').waitFor()
    }],
    'a dashboard': [`dashboard?id=general&${stretch}`, null],
  }
}

export function addresses() {
  test('a link opens exactly what was seen', async (t) => {
    const { page, wrong, close } = await world.open()
    for (const [what, [address, act, within = 'main']] of Object.entries(views(await world.pages()))) {
      await t.test(what, async () => {
        await page.goto(`${world.server.url}/${address}`)
        await settled(page)
        if (act) {
          const first = page.url()
          await act(page)
          await page.waitForURL((url) => url.href !== first)
        }
        const seen = await words(page, within)
        const link = page.url()
        const other = await world.open()
        await other.page.goto(link)
        assert.equal(await words(other.page, within), seen)
        assert.equal(other.page.url(), link)
        await other.close()
        assert.deepEqual(wrong.splice(0), [])
      })
    }
    await close()
  })

  test('a drag over a chart zooms every chart, and back goes back', async () => {
    const { page, wrong, close } = await world.open()
    const address = `${world.server.url}/${(await world.pages()).service}`
    await page.goto(address)
    await settled(page)
    const plot = page.locator('.ui-chart .u-over').first()
    await plot.scrollIntoViewIfNeeded()
    const box = await plot.boundingBox()
    await page.mouse.move(box.x + box.width * 0.25, box.y + 30)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.75, box.y + 40, { steps: 6 })
    await page.mouse.up()
    await page.waitForURL((url) => url.searchParams.has('from'))
    await settled(page)
    const range = new URL(page.url()).searchParams
    const minutes = (Number(range.get('to')) - Number(range.get('from'))) / MINUTE
    assert.ok(Math.abs(minutes - 15) < 2, `half of 30 minutes, not ${minutes}`)
    assert.equal(await page.getByRole('button', { name: 'Live' }).count(), 0, 'a fixed range is not refreshed')
    await page.goBack()
    await page.waitForURL(address)
    await settled(page)
    await page.getByRole('button', { name: 'Live' }).waitFor()
    assert.deepEqual(wrong, [])
    await close()
  })

  test('j and k move in lists, / searches, ? tells the keys', async () => {
    const { page, wrong, close } = await world.open()
    await page.goto(`${world.server.url}/overview`)
    await settled(page)
    const rows = page.locator('main [data-row]')
    const focused = (at) => page.waitForFunction((place) => [...document.querySelectorAll('main [data-row]')].filter((row) => row.offsetParent !== null).indexOf(document.activeElement) === place, at)
    assert.ok((await rows.count()) > 2)
    await page.keyboard.press('j')
    await focused(0)
    await page.keyboard.press('j')
    await focused(1)
    await page.keyboard.press('k')
    await focused(0)
    const name = (await rows.first().innerText()).trim()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/service\?/)
    await settled(page)
    assert.ok((await page.locator('h1').innerText()).includes(name))

    await page.keyboard.press('?')
    const keys = page.getByRole('dialog', { name: 'Keys' })
    await keys.waitFor()
    for (const key of ['/', 'j', 'k', '?']) assert.ok((await keys.locator('kbd').allInnerTexts()).includes(key), key)
    await page.keyboard.press('Escape')
    await keys.waitFor({ state: 'detached' })

    await page.keyboard.press('/')
    const search = page.getByRole('dialog', { name: 'Search' })
    await search.getByRole('combobox').fill('POST:/checkout')
    await search.getByRole('option', { name: 'POST:/checkout' }).first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/endpoint\?/)
    await settled(page)
    assert.match(await page.locator('h1').innerText(), /POST:\/checkout/)
    assert.deepEqual(wrong, [])
    await close()
  })
}
