import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

function tokens(block: string): Map<string, string> {
  return new Map([...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}
const [light = '', dark = ''] = css.split(':root[data-theme="dark"]')
const themes = { light: tokens(light), dark: tokens(dark) }

/** WCAG 2 relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['--bg', '--surface', '--raised', '--line-soft', '--hover', '--accent-soft']
const pairs: [string, string][] = [
  ...['--text', '--muted', '--faint'].flatMap((text) => grounds.map((ground): [string, string] => [text, ground])),
  ...['--accent', '--ok', '--warn', '--bad'].flatMap((text) => ['--bg', '--surface', '--hover'].map((ground): [string, string] => [text, ground])),
  ['--accent', '--accent-soft'],
  ['--ok', '--ok-soft'],
  ['--warn', '--warn-soft'],
  ['--bad', '--bad-soft'],
  ['--on-accent', '--accent'],
]

describe.each(Object.entries(themes))('%s theme', (_name, theme) => {
  it.each(pairs)('%s on %s is readable (4.5)', (text, ground) => {
    expect(contrast(theme.get(text) ?? '#000000', theme.get(ground) ?? '#000000')).toBeGreaterThanOrEqual(4.5)
  })
})

it('both themes name the same colours', () => {
  expect([...themes.dark.keys()].sort()).toEqual([...themes.light.keys()].sort())
})
