// One large trace: from the click on it in the list to its rows, and what scrolling through them costs.
import { elements, framesOf, heap, instrumented, longestTask, median, quantile, workOf } from './instruments.mjs'

const STEPS = 60
const hasRows = () => document.querySelectorAll('.tr-row .tr-bar').length > 5
/** What is asked for again each time, so that every round begins with the list alone. */
const listOf = (url, { from, to }) => `${url}/traces?from=${from}&to=${to}`

export async function largeTrace(browser, { url, id, from, to }, rounds) {
  const measured = await instrumented(browser)
  const { page, close } = measured
  const times = []
  let opened = 0
  for (let round = 0; round <= rounds; round++) {
    await page.goto(listOf(url, { from, to }))
    const link = page.locator(`main a[data-row][href*="${encodeURIComponent(id)}"]`)
    await link.waitFor()
    await page.evaluate(`globalThis.bench.fromClick(${hasRows})`)
    await link.click()
    const { took, at } = await page.evaluate(() => globalThis.bench.took)
    if (round > 0) times.push(took)
    opened = at
  }
  const scroller = await page.locator('.tr-scroll').boundingBox()
  await page.mouse.move(scroller.x + scroller.width / 2, scroller.y + scroller.height / 2)
  const wheel = () => page.mouse.wheel(0, 400)
  const works = await workOf(measured, STEPS, wheel)
  const frames = await framesOf(measured, wheel)
  const found = { open: median(times), times, scroll: quantile(works, 0.95), scrollMedian: median(works), frame: quantile(frames, 0.95), long: await longestTask(page, opened), elements: await elements(page) }
  const mib = await heap(measured)
  await close()
  return { ...found, heap: mib }
}

/** ms from the address to the rows; for the comparison with pages that have no list. */
export async function traceByAddress(browser, address, isReady, rounds) {
  const { page, close } = await instrumented(browser)
  await page.addInitScript(`globalThis.ready = globalThis.bench.painted(${isReady})`)
  const times = []
  for (let round = 0; round <= rounds; round++) {
    await page.goto('about:blank')
    await page.goto(address, { waitUntil: 'commit' })
    const at = await page.evaluate(() => globalThis.ready)
    if (round > 0) times.push(at)
  }
  await close()
  return { open: median(times), times }
}

export const ourRows = hasRows
