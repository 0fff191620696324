import type { InstanceRow } from '@/api'
import type { ChartMark } from '@/ui/charts/timeChart'

/** Starts nearer than this, in ms, are one event: an application that is rolled out. */
const NEAR = 60_000

export interface MarkWords {
  started: (name: string) => string
  several: (count: number) => string
  version: (version: string) => string
}

/** Instances that started, those of one roll-out together, and which version came with them for the first time. */
export function startMarks(instances: readonly Pick<InstanceRow, 'name' | 'version' | 'started'>[], words: MarkWords): ChartMark[] {
  const started = instances.flatMap(({ name, version, started: at }) => (at === null ? [] : [{ name, version, at }])).sort((a, b) => a.at - b.at)
  const known = new Set(instances.filter((one) => one.started === null).map((one) => one.version))
  const groups: (typeof started)[] = []
  for (const one of started) {
    const group = groups.at(-1)
    if (group && one.at - group.at(-1)!.at <= NEAR) group.push(one)
    else groups.push([one])
  }
  return groups.map((group, i) => {
    const fresh = [...new Set(group.map((one) => one.version))].filter((version) => version !== null && version !== '' && !known.has(version) && (known.size > 0 || i > 0))
    for (const { version } of group) known.add(version)
    const what = group.length === 1 ? words.started(group[0]!.name) : words.several(group.length)
    return { at: group[0]!.at, label: [...fresh.map((version) => words.version(version ?? '')), what].join(' · ') }
  })
}
