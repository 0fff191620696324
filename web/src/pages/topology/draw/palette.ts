import type { Palette } from './scene'

/** The theme as it is now, for a canvas that cannot read styles. */
export function readPalette(words: Palette['words']): Palette {
  const style = getComputedStyle(document.documentElement)
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    bg: token('bg'),
    surface: token('surface'),
    line: token('line'),
    text: token('text'),
    muted: token('muted'),
    faint: token('faint'),
    accent: token('accent'),
    accentSoft: token('accent-soft'),
    onAccent: token('on-accent'),
    ok: token('ok'),
    warn: token('warn'),
    bad: token('bad'),
    band: token('band'),
    font: getComputedStyle(document.body).fontFamily,
    words,
  }
}
