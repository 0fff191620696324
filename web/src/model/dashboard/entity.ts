/** Ids of entities carry their names: a service is `base64(name).1` (0 = virtual), its parts are `<service id>_base64(name)`. */
export interface NamedService {
  name: string
  normal: boolean
}

function decode(text: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)))
  } catch {
    return null
  }
}

export function serviceOfId(id: string): NamedService | null {
  const parts = /^([A-Za-z0-9+/=]+)\.([01])$/.exec(id)
  const name = parts ? decode(parts[1] ?? '') : null
  return name === null || name === '' ? null : { name, normal: parts?.[2] === '1' }
}

/** Id of the service and name of the instance or endpoint. */
export function partOfId(id: string): { service: string; name: string } | null {
  const at = id.lastIndexOf('_')
  const name = at < 0 ? null : decode(id.slice(at + 1))
  return name === null || name === '' || !serviceOfId(id.slice(0, at)) ? null : { service: id.slice(0, at), name }
}
