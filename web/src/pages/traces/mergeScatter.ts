import type { Scatter } from '@/api'

/** Points of both, each trace once; names are joined by what they say. */
export function mergeScatter(sample: Scatter, more: Scatter): Scatter {
  const known = new Set(sample.traceId)
  const services = [...sample.services]
  const endpoints = [...sample.endpoints]
  const service = indexer(services, more.services)
  const endpoint = indexer(endpoints, more.endpoints)
  const added = more.traceId.map((_, i) => i).filter((i) => !known.has(more.traceId[i]!))
  const join = <T>(own: readonly T[], value: (i: number) => T): T[] => [...own, ...added.map(value)]
  return {
    start: join(sample.start, (i) => more.start[i]!),
    duration: join(sample.duration, (i) => more.duration[i]!),
    error: join(sample.error, (i) => more.error[i]!),
    traceId: join(sample.traceId, (i) => more.traceId[i]!),
    service: join(sample.service, (i) => service(more.service[i]!)),
    endpoint: join(sample.endpoint, (i) => endpoint(more.endpoint[i]!)),
    services,
    endpoints,
    more: sample.more,
    complete: sample.complete,
  }
}

/** Index of each of `names` in `all`, which grows by what it lacks. */
function indexer(all: string[], names: readonly string[]): (index: number) => number {
  const at = new Map(all.map((name, index) => [name, index]))
  const indexes = names.map((name) => {
    const known = at.get(name)
    if (known !== undefined) return known
    at.set(name, all.length)
    return all.push(name) - 1
  })
  return (index) => indexes[index] ?? -1
}
