import { getJson } from '../http'
import type { Maybe } from './conditions'

/** What a receiver took and did not take since the start, in messages. */
export interface Receiver {
  /** Name of the signal, such as `segment`. */
  name: string
  address: string
  received: number
  stored: number
  refused: number
  dropped: readonly { reason: string; count: number }[]
  /** Messages per second now. */
  perSecond: { received: Maybe; stored: Maybe; refused: Maybe; dropped: Maybe } | null
}
/** Rows of one kind in the store. */
export interface StoredKind {
  kind: string
  bytes: number
  rows: number
  oldest: Maybe
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
  disk: {
    bytes: Maybe
    limit: Maybe
    percent: Maybe
    free: Maybe
    total: Maybe
    oldest: Maybe
    kinds: readonly StoredKind[]
    /** Newest first; null where the store does not know. */
    days: readonly { day: string; bytes: number }[] | null
  }
  /** Effective configuration, secrets masked. */
  config: readonly (readonly [string, string])[]
  receivers: readonly Receiver[]
  agents: readonly Agent[]
  complete: boolean
}

export function readStatus(signal: AbortSignal): Promise<ServerStatus> {
  return getJson<ServerStatus>('ui/status', {}, signal)
}

/** How the server is now. Rates are messages per second, null until there are enough readings. */
export interface Health {
  uptime: number
  receivedPerSecond: Maybe
  storedPerSecond: Maybe
  refusedPerSecond: Maybe
  droppedPerSecond: Maybe
  received: number
  stored: number
  refused: number
  dropped: number
  reasons: readonly { reason: string; count: number; perSecond: Maybe }[]
  /** Whether data is taken; if not, why, and what to do. */
  writes: { taken: boolean; reason: string | null; action: string | null }
}

export function readHealth(signal: AbortSignal): Promise<Health> {
  return getJson<Health>('ui/health', {}, signal)
}
