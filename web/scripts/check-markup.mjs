// Fails where something in src could write markup or run a text as a script: what an agent sends stays text.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const src = fileURLToPath(new URL('../src', import.meta.url))
const forbidden = /\bv-html\b|\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|srcdoc)\b|\bdocument\s*\.\s*write(?:ln)?\b|\beval\s*\(|\bnew\s+Function\b|\bset(?:Timeout|Interval)\s*\(\s*['"`]/g

const findings = []
for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(ts|vue)$/.test(entry.name)) continue
  const file = join(entry.parentPath, entry.name)
  readFileSync(file, 'utf8').split('\n').forEach((line, i) => {
    for (const [found] of line.matchAll(forbidden)) findings.push(`${relative(src, file)}:${i + 1}: ${found.trim()} writes markup or runs text; use text nodes and attributes`)
  })
}
for (const finding of findings) console.error(finding)
if (findings.length > 0) process.exit(1)
