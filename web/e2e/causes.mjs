// Something goes wrong in the shop, drawn by a number. Whoever follows what the pages say first, and knows nothing
// else, stands before the cause after five clicks at most; the demo tells at its end what it was.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Server } from './support/server.mjs'
import { follow, told } from './support/way.mjs'
import { NUMBERS, world } from './support/world.mjs'

const plain = (text) => text.replace(/\s+/g, '').toLowerCase()

export function causes() {
  for (const number of NUMBERS) {
    test(`the pages lead to the cause of incident ${number}`, async (t) => {
      const server = await Server.start()
      try {
        await server.demo('--incident', number, '--incident-after', '-600')
        const { page, wrong, close } = await world.open()
        await page.goto(`${server.url}/overview`)
        const { way, words } = await follow(page)
        const { kind, what } = told(await server.endDemo())
        t.diagnostic(`${kind}, ${way.length} clicks: ${way.join(' → ')}`)
        assert.ok(plain(words).includes(plain(what)), `${kind}: ${what} is not told by: ${words}\nafter ${way.join(' → ')}`)
        assert.deepEqual(wrong, [])
        await close()
      } finally {
        await server.stop()
      }
    })
  }
}
