import type { ServiceName } from '@/api'

/** Whether a text can be the id of a trace: one word of at least 16 letters, digits, dots, dashes, as agents write them. */
export function looksLikeTraceId(text: string): boolean {
  return /^[\w.\-+/=@:]{16,512}$/.test(text) && /\d/.test(text)
}

/** Those whose name contains the text: beginnings first, then beginnings of a word, then the shorter. */
export function rank<T>(items: readonly T[], name: (item: T) => string, text: string, limit: number): T[] {
  const wanted = text.toLowerCase()
  const place = (item: T): number => {
    const own = name(item).toLowerCase()
    const at = own.indexOf(wanted)
    if (at < 0) return -1
    return at === 0 ? 0 : /[\s\-_./:]/.test(own[at - 1] ?? '') ? 1 : 2
  }
  return items
    .map((item) => ({ item, place: place(item) }))
    .filter((one) => one.place >= 0)
    .sort((a, b) => a.place - b.place || name(a.item).length - name(b.item).length || name(a.item).localeCompare(name(b.item)))
    .slice(0, limit)
    .map((one) => one.item)
}

export function rankServices(services: readonly ServiceName[], text: string, limit: number): ServiceName[] {
  return rank(services, (one) => one.name, text, limit)
}
