// From the address to an overview that can be used.
import { instrumented, median } from './instruments.mjs'

const isUsable = () => document.querySelector('main table a[data-row]') !== null && document.querySelector('[aria-busy="true"]') === null

/** ms of each of `rounds` fresh loads; the first one warms the browser up and does not count. */
export async function overview(browser, { url }, rounds) {
  const measured = await instrumented(browser)
  const { page, close } = measured
  await page.addInitScript(`globalThis.usable = globalThis.bench.painted(${isUsable})`)
  const times = []
  for (let round = 0; round <= rounds; round++) {
    await page.goto('about:blank')
    await page.goto(`${url}/overview`, { waitUntil: 'commit' })
    const at = await page.evaluate(() => globalThis.usable)
    if (round > 0) times.push(at)
  }
  await close()
  return { usable: median(times), times }
}
