import { ask, graphql } from './client'
import { ApiError } from '../error'

const timeInfo = graphql(`query { getTimeInfo { timezone } }`)

/** "+0800" -> minutes ahead of UTC. */
export function zoneMinutes(text: string): number {
  const parts = /^([+-])(\d{2}):?(\d{2})$/.exec(text)
  if (!parts) throw new ApiError('MALFORMED', `not a time zone: ${text}`)
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3]))
}

let known: Promise<number> | undefined

/** Minutes that the server's zone is ahead of UTC. Asked for once. */
export function serverOffset(signal: AbortSignal): Promise<number> {
  known ??= ask(timeInfo, {}, signal).then(
    (answer) => zoneMinutes(answer.getTimeInfo?.timezone ?? '+0000'),
    (error: unknown) => {
      known = undefined
      throw error
    },
  )
  return known
}

const MINUTE = 60_000

export interface ServerDuration {
  start: string
  end: string
  step: 'MINUTE' | 'HOUR' | 'DAY'
}

/** Minutes up to 8 hours, hours up to 20 days, else days: the server answers for at most 500 steps. */
export function stepFor(from: number, to: number): ServerDuration['step'] {
  const hours = (to - from) / 3_600_000
  return hours <= 8 ? 'MINUTE' : hours <= 24 * 20 ? 'HOUR' : 'DAY'
}

/** The stretch as the protocol writes it: in the server's zone, both ends included. */
export function serverDuration(from: number, to: number, offset: number): ServerDuration {
  const step = stepFor(from, to)
  const length = { MINUTE: 15, HOUR: 13, DAY: 10 }[step]
  const write = (at: number): string => {
    const text = new Date(at + offset * MINUTE).toISOString().slice(0, 16).replace('T', ' ').replace(':', '')
    return text.slice(0, length)
  }
  return { start: write(from), end: write(Math.max(from, to - 1)), step }
}
