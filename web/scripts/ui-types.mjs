// Writes src/api/ui/schema.d.ts, the types of the server's answers under /ui; not committed, made by every check.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../../crates/api/src/ui/openapi.json', import.meta.url))
const out = fileURLToPath(new URL('../src/api/ui/schema.d.ts', import.meta.url))

const SCALARS = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' }

/** A schema as a type. Fails on what it does not know, so that no type is looser than the page says. */
function typeOf(schema, at) {
  if (schema.$ref) return `Schemas[${JSON.stringify(schema.$ref.replace('#/components/schemas/', ''))}]`
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ')
  const either = schema.oneOf ?? schema.anyOf
  if (either) return either.map((one) => `(${typeOf(one, at)})`).join(' | ')
  if (schema.allOf) return schema.allOf.map((one) => `(${typeOf(one, at)})`).join(' & ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => `(${typeOf({ ...schema, type }, at)})`).join(' | ')
  if (schema.type === 'array') {
    if (schema.prefixItems) return `readonly [${schema.prefixItems.map((one) => typeOf(one, at)).join(', ')}]`
    return `readonly (${typeOf(schema.items ?? {}, at)})[]`
  }
  if (schema.type === 'object') {
    const required = new Set(schema.required ?? [])
    const fields = Object.entries(schema.properties ?? {}).map(([name, one]) => `${JSON.stringify(name)}${required.has(name) ? '' : '?'}: ${typeOf(one, `${at}.${name}`)}`)
    return `{ ${fields.join('; ')} }`
  }
  if (schema.type in SCALARS) return SCALARS[schema.type]
  if (Object.keys(schema).every((key) => key === 'description')) return 'unknown'
  throw new Error(`${at}: no type for ${JSON.stringify(schema).slice(0, 200)}`)
}

const { schemas } = JSON.parse(readFileSync(source, 'utf8')).components
const lines = Object.entries(schemas).map(([name, schema]) => `  ${JSON.stringify(name)}: ${typeOf(schema, name)}`)
writeFileSync(out, `export interface Schemas {\n${lines.join('\n')}\n}\n`)
