import { expect, it } from 'vitest'
import { startMarks } from './marks'

const words = { started: (name: string) => `${name} started`, several: (count: number) => `${count} started`, version: (version: string) => `new ${version}` }
const instance = (name: string, version: string | null, started: number | null) => ({ name, version, started })

it('instances of one roll-out are one mark, which names the version that is new', () => {
  const marks = startMarks([instance('c', '2', 700_000), instance('a', '1', null), instance('b', '2', 660_000), instance('d', '2', 900_000)], words)
  expect(marks).toEqual([
    { at: 660_000, label: 'new 2 · 2 started' },
    { at: 900_000, label: 'd started' },
  ])
})

it('a version is new only where another one was there before', () => {
  expect(startMarks([instance('a', '1', 1000), instance('b', null, 500_000), instance('c', '2', 900_000)], words).map((mark) => mark.label)).toEqual(['a started', 'b started', 'new 2 · c started'])
})
