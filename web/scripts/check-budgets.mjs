// Fails when what a browser loads first, or the chunk of a page, is larger than allowed (bytes after gzip); prints the sizes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const FIRST_LOAD = 200_000
const PAGE = 80_000
const EDITOR = 180_000

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length

/** Files that loading a chunk brings with it. */
function closure(key, found = new Set()) {
  const chunk = manifest[key]
  if (!chunk || found.has(chunk.file)) return found
  found.add(chunk.file)
  for (const css of chunk.css ?? []) found.add(css)
  for (const next of chunk.imports ?? []) closure(next, found)
  return found
}
const sum = (files) => [...files].reduce((total, file) => total + size(file), 0)
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const start = new Set([...closure(entry), ...closure('src/main.ts')])
const first = new Set([...start, ...closure('src/pages/overview/index.ts'), ...closure('src/shell/locales/en.ts')])
const findings = []
const firstSize = sum(first) + size('index.html')
console.log(`first load (frame, overview, one locale): ${kb(firstSize)} of ${kb(FIRST_LOAD)}`)
if (firstSize > FIRST_LOAD) findings.push('first load is over its budget')
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry || !key.startsWith('src/pages/')) continue
  const own = [...closure(key)].filter((file) => !start.has(file))
  const bytes = sum(own)
  const limit = key.includes('/edit') ? EDITOR : PAGE
  console.log(`${key}: ${kb(bytes)} of ${kb(limit)}`)
  if (bytes > limit) findings.push(`${key} is over its budget`)
}
for (const finding of findings) console.error(finding)
if (findings.length > 0) process.exit(1)
