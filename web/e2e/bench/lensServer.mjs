// What Zipkin Lens needs of a server to show one trace: its static files, and the answers of the Zipkin API about it.
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.png': 'image/png', '.ico': 'image/x-icon' }
const CONFIG = { environment: '', queryLimit: 10, defaultLookback: 900_000, searchEnabled: true, logsUrl: null, supportUrl: null, archivePostUrl: null, archiveUrl: null, dependency: { enabled: false }, suggestLens: false }

/** Serves the files of `folder` below /zipkin/ and the spans in the file `trace`; gives its address and how to stop it. */
export async function serveLens(folder, trace) {
  const spans = readFileSync(trace)
  const json = (response, body) => response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const path = pathname.replace(/^\/zipkin\//, '')
    if (path.startsWith('api/v2/trace/')) return json(response, spans)
    if (path === 'config.json') return json(response, JSON.stringify(CONFIG))
    if (path.startsWith('api/v2/')) return json(response, '[]')
    const file = join(folder, normalize(`/${path}`))
    const found = path !== '' && existsSync(file) && extname(file) !== '' ? file : join(folder, 'index.html')
    response.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream', 'cache-control': 'max-age=3600' })
    createReadStream(found).pipe(response)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/zipkin`, stop: () => server.close() }
}
