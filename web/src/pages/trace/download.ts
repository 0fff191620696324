import { postBytes } from '@/api'

const WHOLE = `query ($id: ID!) { queryTrace(traceId: $id) { spans {
  traceId segmentId spanId parentSpanId refs { traceId parentSegmentId parentSpanId type } serviceCode serviceInstanceName startTime endTime
  endpointName type peer component isError layer tags { key value } logs { time data { key value } }
} } }`

/** The name of a file may hold no more than these characters. */
const fileName = (id: string, end: string): string => `trace-${id.replace(/[^\w.-]/g, '_').slice(0, 80)}.${end}`

function save(content: BlobPart, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = name
  anchor.click()
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** The whole trace as the GraphQL protocol answers it, without a detour over objects. */
export async function saveJson(id: string): Promise<void> {
  save(await postBytes('graphql', { query: WHOLE, variables: { id } }, new AbortController().signal), 'application/json', fileName(id, 'json'))
}

export function saveColumns(id: string, bytes: ArrayBuffer | undefined): void {
  if (bytes !== undefined) save(bytes, 'application/vnd.skytrail.trace-columns', fileName(id, 'stc'))
}
