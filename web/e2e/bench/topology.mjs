// A large topology: what a step of panning or zooming costs the page.
import { elements, framesOf, instrumented, longestTask, median, quantile, workOf } from './instruments.mjs'
import { settled } from '../support/browser.mjs'

const STEPS = 60

export async function largeTopology(browser, { url }) {
  const measured = await instrumented(browser)
  const { page, close } = measured
  await page.goto(`${url}/topology?last=1h`)
  await page.locator('.topology .stage canvas').first().waitFor()
  await settled(page)
  const opened = await page.evaluate(() => performance.now())
  const stage = await page.locator('.topology .stage').boundingBox()
  const middle = { x: stage.x + stage.width / 2, y: stage.y + stage.height / 2 }
  await page.mouse.move(middle.x, middle.y)
  const zoom = (at) => page.mouse.wheel(0, at % 20 < 10 ? -120 : 120)
  const zooms = await workOf(measured, STEPS, zoom)
  await page.mouse.down()
  const pan = (at) => page.mouse.move(middle.x + 200 * Math.sin(at / 6), middle.y + 120 * Math.cos(at / 6))
  const pans = await workOf(measured, STEPS, pan)
  const frames = await framesOf(measured, pan)
  await page.mouse.up()
  const shown = await page.locator('.topology .sr li button[data-row]').count()
  const found = { pan: quantile(pans, 0.95), zoom: quantile(zooms, 0.95), panMedian: median(pans), frame: quantile(frames, 0.95), long: await longestTask(page, opened), nodes: shown, elements: await elements(page) }
  await close()
  return found
}

/** An empty page of the same size, scrolled and moved over as the others are: what the machine itself can do. */
export async function emptyPage(browser) {
  const measured = await instrumented(browser)
  const { page, close } = measured
  await page.setContent('<!doctype html><body style="margin:0"><div style="height:1000000px"></div>')
  await page.evaluate(() => globalThis.bench !== undefined)
  await page.mouse.move(700, 450)
  const wheel = () => page.mouse.wheel(0, 400)
  const works = await workOf(measured, STEPS, wheel)
  const frames = await framesOf(measured, wheel)
  await close()
  return { step: quantile(works, 0.95), frame: quantile(frames, 0.95) }
}
