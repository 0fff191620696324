// A dashboard is edited, saved, found again, taken out and brought back in.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { settled } from './support/browser.mjs'
import { world } from './support/world.mjs'

const EXPRESSION = "service_percentile{p='50,99'}"

/** Titles and places of the widgets, in order. */
function placed(page) {
  return page.locator('.dash-item').evaluateAll((items) =>
    items.map((item) => [item.querySelector('figcaption b, h2, h3')?.textContent?.trim() ?? '', ...['--x', '--y', '--w', '--h'].map((name) => item.style.getPropertyValue(name))].join(' ')),
  )
}

async function chooseFrom(page, button, item) {
  await button.click()
  await page.getByRole('menuitem', { name: item, exact: true }).click()
}

const saved = (page) => page.waitForURL((url) => url.pathname.endsWith('/dashboard') && !url.searchParams.has('edit'))

async function exported(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), chooseFrom(page, page.getByRole('button', { name: 'More' }).last(), 'Export as JSON')])
  return JSON.parse(await readFile(await download.path(), 'utf8'))
}

export function dashboards() {
  test('a dashboard is edited, saved and reloaded', async () => {
    const { page, wrong, close } = await world.open()
    await page.goto(`${world.server.url}/dashboard?id=general`)
    await settled(page)
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    const grid = page.getByRole('group', { name: 'Widgets' })
    await grid.waitFor()
    const before = await grid.locator('.dash-item').count()

    await chooseFrom(page, page.getByRole('button', { name: 'Add', exact: true }), 'Line')
    await page.getByLabel('Title').fill('Slow and usual')
    await page.getByLabel('Expression 1', { exact: true }).fill(EXPRESSION)
    await page.keyboard.press('Escape')
    const widget = grid.getByRole('group', { name: 'Slow and usual' })
    await widget.focus()
    const width = await widget.evaluate((item) => Number(item.style.getPropertyValue('--w')))
    await page.keyboard.press('Shift+ArrowLeft')
    await page.waitForFunction(([name, wide]) => Number(document.querySelector(`[aria-label="${name}"].dash-item`)?.style.getPropertyValue('--w')) === wide - 1, ['Slow and usual', width])

    // What was taken back comes again.
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.waitForFunction(([name, wide]) => Number(document.querySelector(`[aria-label="${name}"].dash-item`)?.style.getPropertyValue('--w')) === wide, ['Slow and usual', width])
    await page.getByRole('button', { name: 'Redo' }).click()

    await page.getByLabel('Name', { exact: true }).fill('Evening watch')
    await page.getByRole('button', { name: 'Save as your own' }).click()
    await saved(page)
    await settled(page)
    const kept = await placed(page)
    assert.equal(kept.length, before + 1)
    await page.reload()
    await settled(page)
    assert.equal(await page.locator('h1').innerText(), 'Evening watch')
    assert.deepEqual(await placed(page), kept)
    await page.locator('.dash-item', { hasText: 'Slow and usual' }).locator('canvas').waitFor()

    const file = await exported(page)
    const own = file.widgets.find((one) => JSON.stringify(one.title).includes('Slow and usual'))
    assert.equal(own.queries[0].expression, EXPRESSION)
    assert.equal(own.w, width - 1)
    assert.deepEqual(wrong, [])
    await close()
  })

  test('a file that was exported becomes a dashboard again, and one that is none is refused in words', async () => {
    const { page, wrong, close } = await world.open()
    await page.goto(`${world.server.url}/dashboard?id=jvm`)
    await settled(page)
    const file = await exported(page)
    assert.ok(file.widgets.length > 3)
    await page.goto(`${world.server.url}/dashboards`)
    await settled(page)
    await page.getByRole('link', { name: 'Import' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    const input = dialog.locator('input[type=file]')
    const upload = (text) => input.setInputFiles({ name: 'dashboard.json', mimeType: 'application/json', buffer: Buffer.from(text) })
    await upload(JSON.stringify({ ...file, version: 99 }))
    await dialog.getByRole('alert').waitFor()

    await upload(JSON.stringify({ ...file, name: 'Brought back' }))
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await saved(page)
    await settled(page)
    assert.equal(await page.locator('h1').innerText(), 'Brought back')
    assert.equal(await page.locator('.dash-item').count(), file.widgets.length)
    await page.goto(`${world.server.url}/dashboards`)
    await page.getByRole('link', { name: 'Brought back' }).waitFor()
    assert.deepEqual(wrong, [])
    await close()
  })
}
