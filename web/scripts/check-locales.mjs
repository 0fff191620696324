// Fails when the languages of a folder differ in their keys or placeholders, or a key that is written in the code is missing.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const src = fileURLToPath(new URL('../src', import.meta.url))
const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))

function flat(node, prefix = '', out = new Map()) {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === 'string') out.set(`${prefix}${key}`, value)
    else flat(value, `${prefix}${key}.`, out)
  }
  return out
}
const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(' ')

const findings = []
const known = new Set()
for (const file of files.filter((name) => name.endsWith('/locale/en.json'))) {
  const folder = basename(dirname(dirname(file)))
  const en = flat(JSON.parse(readFileSync(file, 'utf8')))
  const zhFile = join(dirname(file), 'zh.json')
  const zh = flat(JSON.parse(readFileSync(zhFile, 'utf8')))
  for (const [key, text] of en) {
    known.add(`${folder}.${key}`)
    if (!zh.has(key)) findings.push(`${relative(src, zhFile)}: misses ${key}`)
    else if (placeholders(text) !== placeholders(zh.get(key))) findings.push(`${relative(src, zhFile)}: ${key} has other placeholders than en.json`)
  }
  for (const key of zh.keys()) if (!en.has(key)) findings.push(`${relative(src, file)}: misses ${key}`)
}
const folders = new Set([...known].map((key) => key.split('.')[0]))
for (const file of files.filter((name) => /\.(ts|vue)$/.test(name) && !name.endsWith('.test.ts'))) {
  for (const [, key] of readFileSync(file, 'utf8').matchAll(/\bt\(\s*'([^']+)'/g)) {
    if (folders.has(key.split('.')[0]) ? !known.has(key) : true) findings.push(`${relative(src, file)}: no text for ${key}`)
  }
}
for (const finding of findings) console.error(finding)
if (findings.length > 0) process.exit(1)
