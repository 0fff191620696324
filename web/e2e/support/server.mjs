// The real server with the traffic of the demo, on loopback ports of its own, stopped by pid.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const binary = process.env.SKYTRAIL_BIN
if (!binary) throw new Error('SKYTRAIL_BIN does not name the server to test; scripts/browser sets it')

/** Every child that still runs, so that none outlives the tests. */
const children = new Set()
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')))

function start(args) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  child.said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (child.said = (child.said + bytes).slice(-20_000)))
  child.ended = new Promise((resolve) => child.once('exit', resolve))
  children.add(child)
  void child.ended.then(() => children.delete(child))
  return child
}

async function stop(child, signal = 'SIGTERM') {
  child.kill(signal)
  await child.ended
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Asks until the answer is right; the last one is told when it never is. */
export async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000
  let last
  for (;;) {
    try {
      last = await ask()
      if (last) return last
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s; last: ${last}`)
    await sleep(200)
  }
}

export class Server {
  /** With these keys of the configuration besides its ports. */
  static async start(keys = []) {
    const data = await mkdtemp(join(tmpdir(), 'skytrail-pages-'))
    const [grpc, http, telemetry] = [await freePort(), await freePort(), await freePort()]
    const server = new Server(data, grpc, http, telemetry, keys)
    await server.run()
    return server
  }

  constructor(data, grpc, http, telemetry, keys) {
    Object.assign(this, { data, grpc, http, telemetry, keys, url: `http://127.0.0.1:${http}` })
  }

  async run() {
    const ports = [`ingest.grpc.port=${this.grpc}`, `api.rest.port=${this.http}`, `telemetry.port=${this.telemetry}`,
      'ingest.otlp.grpc.port=0', 'ingest.otlp.http.port=0', ...this.keys]
    this.child = start(['serve', '--data', this.data, ...ports.flatMap((key) => ['--set', key])])
    await until('the server', 60, async () => {
      if (this.child.exitCode !== null) throw new Error(this.child.said)
      return (await fetch(`${this.url}/healthcheck`)).ok
    })
  }

  kill() {
    return stop(this.child, 'SIGKILL')
  }

  /** The shop of an hour until now, and on; resolves once the past is there. */
  async demo(...args) {
    const shop = start(['demo', '--address', `127.0.0.1:${this.grpc}`, '--rate', '3', '--history', '60', ...args])
    await until('services of the demo', 120, async () => (await this.ask('overview', {})).services.length >= 11)
    await until('traffic of now', 120, async () => {
      const now = Date.now()
      return (await this.ask('traces', { from: now - 20_000, to: now, limit: 1 })).traces.length > 0
    })
    this.shop = shop
  }

  /** Ends the traffic; gives what the demo said at its end. */
  async endDemo() {
    const { shop } = this
    if (!shop) return ''
    this.shop = undefined
    await stop(shop)
    return shop.said
  }

  async ask(route, parameters) {
    const now = Date.now()
    const query = new URLSearchParams({ from: String(now - 1_800_000), to: String(now), ...Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, String(value)])) })
    const answer = await fetch(`${this.url}/ui/${route}?${query}`)
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }

  /** Segments as agents send them over HTTP. */
  async send(segments) {
    const answer = await fetch(`${this.url}/v3/segments`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(segments) })
    if (!answer.ok) throw new Error(`segments: ${answer.status} ${await answer.text()}`)
  }

  async stop() {
    await this.endDemo()
    await stop(this.child)
    await rm(this.data, { recursive: true, force: true })
  }
}
