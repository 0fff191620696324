// What is measured in a page: when it painted, what a step cost its main thread, how often it drew, what it holds.

/** Part of `values` below which a share of them is. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]
}
export const median = (values) => quantile(values, 0.5)

/** Runs in every page before its own scripts. */
function install() {
  const afterPaint = (done) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel()
      channel.port1.onmessage = () => done(performance.now())
      channel.port2.postMessage(0)
    })
  const bench = {
    /** Instant at which a frame that met the condition was on its way to the screen. */
    painted: (isReady) =>
      new Promise((done) => {
        const look = () => (isReady() ? afterPaint(done) : requestAnimationFrame(look))
        look()
      }),
    /** From the next click to that frame, in ms; `settle` waits for it. */
    fromClick(isReady) {
      bench.took = new Promise((done) =>
        document.addEventListener('click', (event) => void bench.painted(isReady).then((at) => done({ took: at - event.timeStamp, at })), { capture: true, once: true }),
      )
    },
    frames: () =>
      new Promise((done) => {
        const times = []
        const look = (at) => (times.push(at) <= 120 ? requestAnimationFrame(look) : done(times.slice(1).map((time, i) => time - times[i])))
        requestAnimationFrame(look)
      }),
    long: [],
  }
  new PerformanceObserver((list) => bench.long.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({ type: 'longtask', buffered: true })
  globalThis.bench = bench
}

/** A page of its own context, with what measures in it. */
export async function instrumented(browser, size = { width: 1440, height: 900 }) {
  const context = await browser.newContext({ viewport: size, locale: 'en-US', colorScheme: 'light' })
  await context.addInitScript(install)
  const page = await context.newPage()
  const debug = await context.newCDPSession(page)
  // Time that the thread ran, whatever else the machine does.
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' })
  return { page, debug, close: () => context.close() }
}

async function busy(debug) {
  const { metrics } = await debug.send('Performance.getMetrics')
  return metrics.find((one) => one.name === 'TaskDuration').value * 1000
}

/** ms that the main thread worked for each of some steps, until two frames after it. */
export async function workOf({ page, debug }, steps, step) {
  const works = []
  for (let at = 0; at < steps; at++) {
    const before = await busy(debug)
    await step(at)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    works.push((await busy(debug)) - before)
  }
  return works
}

/** ms between 120 frames while steps go on. */
export async function framesOf({ page }, step) {
  let done = false
  const frames = page.evaluate(() => globalThis.bench.frames()).finally(() => (done = true))
  for (let at = 0; !done; at++) await step(at)
  return frames
}

/** The longest task over 50 ms since an instant of the page; 0 without one. */
export function longestTask(page, since) {
  return page.evaluate((from) => Math.max(0, ...globalThis.bench.long.filter((one) => one.startTime >= from).map((one) => one.duration)), since)
}

export const elements = (page) => page.evaluate(() => document.getElementsByTagName('*').length)

/** MiB of scripts in a page and its workers, with what their arrays hold, after what nobody holds is gone. */
export async function heap({ debug }) {
  const ask = await workers(debug)
  let bytes = 0
  for (const send of [(method) => debug.send(method), ...ask]) {
    await send('HeapProfiler.collectGarbage')
    const { usedSize, backingStorageSize = 0 } = await send('Runtime.getHeapUsage')
    bytes += usedSize + backingStorageSize
  }
  return bytes / 1048576
}

/** For each dedicated worker a function that sends it a command of the debugger. */
async function workers(debug) {
  const found = []
  const waiting = new Map()
  let id = 0
  debug.on('Target.attachedToTarget', ({ sessionId }) =>
    found.push((method) =>
      new Promise((resolve, reject) => {
        waiting.set(++id, { resolve, reject })
        debug.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(reject)
      }),
    ),
  )
  debug.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id: of, result, error } = JSON.parse(message)
    if (error) waiting.get(of)?.reject(new Error(error.message))
    else waiting.get(of)?.resolve(result)
  })
  await debug.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  return found
}
