import { getJson } from '../http'

export interface Receiver {
  name: string
  address: string
  received: number
  refused: number
  dropped: readonly { reason: string; count: number }[]
}
export interface Agent {
  service: string
  instance: string
  language: string
  version: string | null
  lastSeen: number
}
export interface ServerStatus {
  version: string
  node: string
  /** ms since the server started. */
  uptime: number
  /** Days by what is kept, as configured and as it is on disk. */
  retention: readonly { kind: string; days: number | null; oldest: number | null; bytes: number | null }[]
  disk: { bytes: number | null; free: number | null; limit: number | null }
  /** Effective configuration, secrets masked. */
  config: readonly (readonly [string, string])[]
  receivers: readonly Receiver[]
  agents: readonly Agent[]
}

export function readStatus(signal: AbortSignal): Promise<ServerStatus> {
  return getJson<ServerStatus>('ui/status', {}, signal)
}
