// A server that asks for a token: it is asked for once, kept where no script reaches it, and nothing of the view is lost.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { settled } from './support/browser.mjs'
import { Server } from './support/server.mjs'
import { world } from './support/world.mjs'

const TOKEN = 'the-token-of-the-tests'
/** What browsers say of answers that refuse. */
const quiet = ['401']

async function signIn(page, token) {
  const dialog = page.getByRole('dialog', { name: 'Sign in' })
  await dialog.getByLabel('Token').fill(token)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  return dialog
}

export function session() {
  describe('with a token', () => {
    let server
    before(async () => (server = await Server.start([`api.auth.token=${TOKEN}`])), { timeout: 60_000 })
    after(() => server?.stop())

    test('it is asked for once, and the address stays', async () => {
      const { page, wrong, close } = await world.open({ quiet })
      const address = `${server.url}/overview?last=3h&compare=day`
      await page.goto(address)
      const dialog = await signIn(page, 'another one')
      await dialog.getByRole('alert').waitFor()
      await signIn(page, TOKEN)
      await dialog.waitFor({ state: 'detached' })
      await settled(page)
      assert.equal(page.url(), address)
      await page.getByRole('heading').first().waitFor()

      await page.goto(`${server.url}/settings`)
      await settled(page)
      const again = await page.context().newPage()
      await again.goto(`${server.url}/traces`)
      await settled(again)
      assert.equal(await again.getByRole('dialog').count() + (await page.getByRole('dialog').count()), 0, 'nobody is asked twice')
      assert.deepEqual(wrong, [])
      await close()
    })

    test('no script reaches the cookie, and other sites do not send it', async () => {
      const { page, close } = await world.open({ quiet })
      await page.goto(`${server.url}/overview`)
      const dialog = await signIn(page, TOKEN)
      await dialog.waitFor({ state: 'detached' })
      const cookies = await page.context().cookies()
      assert.equal(cookies.length, 1)
      const [{ httpOnly, sameSite, value, path }] = cookies
      assert.deepEqual({ httpOnly, sameSite, path }, { httpOnly: true, sameSite: 'Strict', path: '/' })
      assert.ok(!value.includes(TOKEN), 'the token is not in it')
      assert.equal(await page.evaluate(() => document.cookie), '')
      await close()
    })

    test('a session that is over asks again, where it was', async () => {
      const { page, close } = await world.open({ quiet })
      const address = `${server.url}/traces?state=error&last=6h`
      await page.goto(address)
      const dialog = await signIn(page, TOKEN)
      await dialog.waitFor({ state: 'detached' })
      await settled(page)
      await page.context().clearCookies()
      await page.keyboard.press('r')
      await dialog.waitFor()
      assert.equal(page.url(), address)
      await signIn(page, TOKEN)
      await dialog.waitFor({ state: 'detached' })
      await settled(page)
      assert.equal(page.url(), address)
      assert.equal(await page.locator('[role=alert]').count(), 0, await page.locator('main').innerText())
      await close()
    })
  })
}
