import { ask, graphql } from './client'
import { serverDuration, serverOffset } from './duration'

const keys = graphql(`query ($duration: Duration!) { queryTraceTagAutocompleteKeys(duration: $duration) }`)
const values = graphql(`query ($key: String!, $duration: Duration!) { queryTraceTagAutocompleteValues(tagKey: $key, duration: $duration) }`)

/** Keys of tags that can be searched for. */
export async function listTagKeys(from: number, to: number, signal: AbortSignal): Promise<readonly string[]> {
  const duration = serverDuration(from, to, await serverOffset(signal))
  return (await ask(keys, { duration }, signal)).queryTraceTagAutocompleteKeys ?? []
}

/** Values that a tag had in the stretch. */
export async function listTagValues(key: string, from: number, to: number, signal: AbortSignal): Promise<readonly string[]> {
  const duration = serverDuration(from, to, await serverOffset(signal))
  return (await ask(values, { key, duration }, signal)).queryTraceTagAutocompleteValues ?? []
}
