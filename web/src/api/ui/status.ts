import { getJson } from '../http'

/** What a receiver took and did not take since the start, in messages. */
export interface Receiver {
  /** Name of the signal, such as `segment`. */
  name: string
  address: string
  received: number
  stored: number
  refused: number
  dropped: readonly { reason: string; count: number }[]
}
export interface Agent {
  service: string
  serviceId: string
  instance: string
  instanceId: string
  language: string
  version: string | null
  lastSeen: number
}
export interface ServerStatus {
  version: string
  node: string
  /** ms since the server started. */
  uptime: number
  retention: readonly { kind: string; days: number }[]
  /** Bytes of the store; beyond `limit` bytes, or `percent` of the disk, the oldest goes. */
  disk: { bytes: number | null; limit: number | null; percent: number | null }
  /** Effective configuration, secrets masked. */
  config: readonly (readonly [string, string])[]
  receivers: readonly Receiver[]
  agents: readonly Agent[]
  complete: boolean
}

export function readStatus(signal: AbortSignal): Promise<ServerStatus> {
  return getJson<ServerStatus>('ui/status', {}, signal)
}
