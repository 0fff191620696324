export type Query = Record<string, string | number | boolean | null | undefined | readonly string[]>

/** `?a=1&b=2`; what is null, undefined or empty is left out, a list is repeated. */
export function queryString(query: Query): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue
    if (typeof value === 'object') for (const one of value) search.append(key, one)
    else search.append(key, String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}
