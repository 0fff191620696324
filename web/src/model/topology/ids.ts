/** What the id of a service, instance or endpoint says: base64 of names, "service.1" or "service.1_child". */
export interface EntityParts {
  service: string
  /** Whether the service reports itself. */
  normal: boolean
  serviceId: string
  /** Name of the instance or endpoint; null in the id of a service. */
  child: string | null
}

function decode(text: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)))
  } catch {
    return null
  }
}

/** Null for anything else. */
export function readEntityId(id: string): EntityParts | null {
  const parts = /^([A-Za-z0-9+/=]+)\.([01])(?:_([A-Za-z0-9+/=]+))?$/.exec(id)
  if (!parts) return null
  const service = decode(parts[1] ?? '')
  const child = parts[3] === undefined ? null : decode(parts[3])
  if (service === null || (parts[3] !== undefined && child === null)) return null
  return { service, normal: parts[2] === '1', serviceId: `${parts[1]}.${parts[2]}`, child }
}
