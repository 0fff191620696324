// Fails when a folder of src imports from one that stands after it, a page imports another page, or files form a cycle.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const src = fileURLToPath(new URL('../src', import.meta.url))
const layers = ['model', 'api', 'ui', 'pages', 'shell']
const importOf = /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))

function target(file, specifier) {
  const path = specifier.replace(/\?.*$/, '')
  const base = path.startsWith('@/') ? join(src, path.slice(2)) : path.startsWith('.') ? resolve(dirname(file), path) : null
  if (base === null) return null
  return [base, `${base}.ts`, join(base, 'index.ts')].find((name) => existsSync(name) && statSync(name).isFile()) ?? base
}

const findings = []
const graph = new Map()
for (const file of files) {
  const from = relative(src, file)
  const [layer, page] = from.split('/')
  const edges = []
  for (const match of readFileSync(file, 'utf8').matchAll(importOf)) {
    const specifier = match[1] ?? match[2] ?? match[3]
    const to = target(file, specifier)
    if (to === null) continue
    const name = relative(src, to)
    const [toLayer, toPage] = name.split('/')
    if (match[3] === undefined) edges.push(to)
    if (layers.includes(layer) && layers.indexOf(toLayer) > layers.indexOf(layer)) findings.push(`${from}: ${layer} may not import ${name}`)
    if (layers.includes(layer) && !layers.includes(toLayer)) findings.push(`${from}: may not import ${name}, which belongs to no layer`)
    if (layer === 'pages' && toLayer === 'pages' && page !== toPage) findings.push(`${from}: page ${page} may not import page ${toPage}; put what they share into ui`)
  }
  graph.set(file, edges)
}

const state = new Map()
function visit(file, path) {
  if (state.get(file) === 'done') return
  if (state.get(file) === 'open') {
    const cycle = [...path.slice(path.indexOf(file)), file].map((name) => relative(src, name))
    findings.push(`cycle: ${cycle.join(' -> ')}`)
    return
  }
  state.set(file, 'open')
  for (const next of graph.get(file) ?? []) visit(next, [...path, file])
  state.set(file, 'done')
}
for (const file of files) visit(file, [])

for (const finding of findings) console.error(finding)
if (findings.length > 0) process.exit(1)
