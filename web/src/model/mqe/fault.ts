import { mqeTokens } from './tokens'

/** Part of an expression that the server complains about, in UTF-16 offsets; at the end `from` = `to`. */
export interface FaultPlace {
  from: number
  to: number
  message: string
}

/** UTF-16 offset of a line (from 1) and a column in characters (from 0). */
function offsetOf(expression: string, line: number, column: number): number {
  const lines = expression.split('\n')
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  return Math.min(expression.length, before + [...(lines[line - 1] ?? '')].slice(0, column).join('').length)
}

/** Where an error of the server lies: `line 1:13 mismatched input …`, or the name that it puts in brackets. Null where it tells neither. */
export function faultPlace(expression: string, message: string): FaultPlace | null {
  const told = /^line (\d{1,6}):(\d{1,6}) ([^]*)$/.exec(message)
  const tokens = mqeTokens(expression)
  if (told) {
    const from = offsetOf(expression, Number(told[1]), Number(told[2]))
    return { from, to: tokens.find((token) => token.from <= from && from < token.to)?.to ?? from, message: told[3] ?? '' }
  }
  const named = [...message.matchAll(/\[(\w{1,200})\]/g)].map((match) => match[1])
  const token = tokens.find((one) => one.kind === 'name' && named.includes(one.text))
  return token ? { from: token.from, to: token.to, message } : null
}
