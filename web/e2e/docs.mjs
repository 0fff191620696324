// Pictures: every page in both themes (e2e/out), and the way to each cause for the guide (docs/user/img).
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openPage, settled } from './support/browser.mjs'
import { Server } from './support/server.mjs'
import { follow, told } from './support/way.mjs'
import { NUMBERS, world } from './support/world.mjs'

const out = fileURLToPath(new URL('out/', import.meta.url))
const guide = fileURLToPath(new URL('../../docs/user/img/', import.meta.url))
const SIZE = { width: 1280, height: 800 }
/** Of the pictures of the guide: text stays sharp, and all together stay below a few hundred KB. */
const QUALITY = 72

async function everyPage(addresses) {
  for (const theme of ['light', 'dark']) {
    const { page, close } = await world.open({ ...SIZE, theme })
    for (const [title, address] of Object.entries(addresses)) {
      await page.goto(`${world.server.url}/${address}`)
      await settled(page)
      // As high as what it shows: what stays in place while a page scrolls would be cut in a picture of all of it.
      const height = await page.evaluate(() => document.documentElement.scrollHeight)
      await page.setViewportSize({ width: SIZE.width, height: Math.max(SIZE.height, Math.min(height, 4000)) })
      await settled(page)
      await page.screenshot({ path: `${out}${title}-${theme}.png` })
      await page.setViewportSize(SIZE)
    }
    await close()
  }
}

/** A picture of the page, with a frame about what is clicked next. */
async function picture(page, debug, lead, name) {
  await lead?.scrollIntoViewIfNeeded()
  // A box of its own above the page: what is clicked may stand in one that cuts.
  const frame = await lead?.evaluateHandle((of) => {
    const { left, top, width, height } = of.getBoundingClientRect()
    const box = document.createElement('div')
    Object.assign(box.style, { position: 'fixed', left: `${left - 6}px`, top: `${top - 6}px`, width: `${width + 12}px`, height: `${height + 12}px`, border: '3px solid #e8590c', borderRadius: '6px', boxSizing: 'border-box', zIndex: '1000', pointerEvents: 'none' })
    return document.body.appendChild(box)
  })
  await page.screenshot({ path: `${out}guide-${name}.png` })
  const { data } = await debug.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY })
  await frame?.evaluate((box) => box.remove())
  return Buffer.from(data, 'base64')
}

async function wayTo(browser, number) {
  const server = await Server.start()
  try {
    await server.demo('--incident', number, '--incident-after', '-600')
    const { page, close } = await openPage(browser, SIZE)
    const debug = await page.context().newCDPSession(page)
    const pictures = []
    await page.goto(`${server.url}/overview`)
    const { way } = await follow(page, async (step, lead) => void pictures.push(await picture(page, debug, lead, `${number}-${step}`)))
    await close()
    const { kind, what } = told(await server.endDemo())
    console.log(`${kind}, ${what}: ${way.join(' → ')}`)
    await Promise.all(pictures.map((data, step) => writeFile(`${guide}${kind.replace(' ', '-')}-${step + 1}.webp`, data)))
    return pictures.reduce((sum, data) => sum + data.length, 0)
  } finally {
    await server.stop()
  }
}

await mkdir(out, { recursive: true })
await mkdir(guide, { recursive: true })
for (const name of await readdir(guide)) if (name.endsWith('.webp')) await rm(guide + name)
await world.begin()
await everyPage({ ...(await world.pages()), dashboard: 'dashboard?id=general' })
let bytes = 0
for (const number of NUMBERS) bytes += await wayTo(world.browser, number)
await world.end()
console.log(`pictures of every page are in ${out}; those of the guide, ${Math.round(bytes / 1024)} KB, in docs/user/img`)
