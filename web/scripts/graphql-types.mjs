// Writes src/api/graphql/schema.d.ts, the types of the server's GraphQL schema; not committed, made by every check.
import { minifyIntrospection, outputIntrospectionFile } from '@gql.tada/internal'
import { buildSchema, introspectionFromSchema } from 'graphql'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../crates/api/src/graphql/schema', import.meta.url))
const out = fileURLToPath(new URL('../src/api/graphql/schema.d.ts', import.meta.url))

const text = readdirSync(folder)
  .filter((name) => name.endsWith('.graphqls'))
  .sort()
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n')
const introspection = minifyIntrospection(introspectionFromSchema(buildSchema(text), { descriptions: false }))
const types = outputIntrospectionFile(introspection, { fileType: '.d.ts', shouldPreprocess: true })

mkdirSync(dirname(out), { recursive: true })
writeFileSync(out, types)
