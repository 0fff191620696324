import { checkDashboard, type Fault } from './check'
import { FORMAT, FORMAT_VERSION, LIMITS, type Dashboard } from './format'

/** An earlier state of a stored dashboard. */
export interface Version {
  revision: number
  /** ms since the epoch. */
  savedAt: number
  dashboard: Dashboard
}

/** A dashboard as it lies on the server. The server keeps one text for each, so the versions are part of it. */
export interface Stored extends Version {
  /** Drawn anew at each saving: tells whose writing it is where two save the same revision at once. */
  stamp: string
  /** Newest first. */
  versions: Version[]
}

/** Versions that are kept besides the newest. */
export const KEPT = 20
/** What a configuration may take in all; the oldest versions give way. */
export const STORED_CHARACTERS = 400_000

export type StoredText = { stored: Stored; faults: [] } | { stored: null; faults: Fault[] } | { stored: null; foreign: true; faults: [] }

const count = (value: unknown): number => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0)

function readVersion(value: unknown): Version | null {
  if (typeof value !== 'object' || value === null) return null
  const { revision, savedAt, ...rest } = value as Record<string, unknown>
  const { dashboard } = checkDashboard({ format: FORMAT, version: FORMAT_VERSION, ...rest })
  return dashboard ? { revision: count(revision), savedAt: count(savedAt), dashboard } : null
}

/** Reads a configuration of the server; `foreign` when another interface wrote it. Versions that cannot be read are left out. */
export function readStored(text: string): StoredText {
  let value: unknown
  try {
    value = text.length > STORED_CHARACTERS * 2 ? null : JSON.parse(text)
  } catch {
    value = null
  }
  if (typeof value !== 'object' || value === null || (value as Record<string, unknown>)['format'] !== FORMAT) return { stored: null, foreign: true, faults: [] }
  const { revision, savedAt, stamp, versions, ...rest } = value as Record<string, unknown>
  const { dashboard, faults } = checkDashboard(rest)
  if (!dashboard) return { stored: null, faults }
  const kept = (Array.isArray(versions) ? versions.slice(0, KEPT) : []).map(readVersion).filter((one) => one !== null)
  return { stored: { revision: count(revision), savedAt: count(savedAt), stamp: typeof stamp === 'string' ? stamp.slice(0, 60) : '', dashboard, versions: kept }, faults: [] }
}

/** What comes to lie on the server when `dashboard` follows upon `before`. */
export function nextStored(before: Stored | null, dashboard: Dashboard, savedAt: number, stamp: string): Stored {
  const versions = before ? [{ revision: before.revision, savedAt: before.savedAt, dashboard: before.dashboard }, ...before.versions].slice(0, KEPT) : []
  return { revision: (before?.revision ?? 0) + 1, savedAt, stamp, dashboard, versions }
}

/** The text that is stored; null when even the newest version alone is too long. */
export function storedText(stored: Stored): string | null {
  const version = (one: Version): object => ({ revision: one.revision, savedAt: one.savedAt, ...one.dashboard })
  const write = (versions: readonly Version[]): string =>
    JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, ...version(stored), stamp: stored.stamp, versions: versions.map(version) })
  if (JSON.stringify(stored.dashboard).length > LIMITS.bytes) return null
  let kept = stored.versions.length
  let text = write(stored.versions)
  while (text.length > STORED_CHARACTERS && kept > 0) text = write(stored.versions.slice(0, --kept))
  return text
}

/** Whether what lies on the server is still what was opened. */
export function unchanged(opened: Stored, now: Stored): boolean {
  return opened.revision === now.revision && opened.stamp === now.stamp
}
