// Measures pages in the browser. Reads what to measure as JSON from the first argument, tells the figures as one line of JSON:
//   { rounds, overview?: {url}, traces?: [{url, id, from, to}], topology?: {url}, lens?: {folder, trace, service, id, ours, rounds} }
import { launch } from '../support/browser.mjs'
import { serveLens } from './lensServer.mjs'
import { overview } from './overview.mjs'
import { emptyPage, largeTopology } from './topology.mjs'
import { largeTrace, ourRows, traceByAddress } from './trace.mjs'

async function lens(browser, { folder, trace, id, service, ours, rounds }) {
  const server = await serveLens(folder, trace)
  try {
    const isReady = `() => document.body !== null && document.body.textContent.includes(${JSON.stringify(`${service}: `)})`
    return {
      theirs: await traceByAddress(browser, `${server.url}/traces/${id}`, isReady, rounds),
      ours: await traceByAddress(browser, ours, ourRows, rounds),
    }
  } finally {
    server.stop()
  }
}

const asked = JSON.parse(process.argv[2])
const browser = await launch()
const told = { browser: browser.version(), empty: await emptyPage(browser) }
if (asked.overview) told.overview = await overview(browser, asked.overview, asked.rounds)
if (asked.traces) {
  told.traces = []
  for (const trace of asked.traces) told.traces.push(await largeTrace(browser, trace, asked.rounds))
}
if (asked.topology) told.topology = await largeTopology(browser, asked.topology)
if (asked.lens) told.lens = await lens(browser, asked.lens)
await browser.close()
console.log(JSON.stringify(told))
