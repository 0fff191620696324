import { ask, graphql } from './client'
import { postJson } from '../http'
import { serverDuration, serverOffset } from './duration'

export interface ServiceName {
  id: string
  name: string
  shortName: string
  group: string
  layers: readonly string[]
  normal: boolean
}

const services = graphql(`query { listServices { id name shortName group layers normal } }`)

export async function listServices(signal: AbortSignal): Promise<ServiceName[]> {
  const answer = await ask(services, {}, signal)
  return answer.listServices.map((one) => ({ ...one, normal: one.normal ?? false }))
}

export interface EndpointName {
  id: string
  name: string
  serviceId: string
  service: string
}

/** Services asked in one search for endpoints. */
const SEARCHED = 40

/** Endpoints of any of the services whose name contains the text; at most `each` of a service. */
export async function findEndpoints(text: string, among: readonly ServiceName[], each: number, from: number, to: number, signal: AbortSignal): Promise<EndpointName[]> {
  const asked = among.filter((one) => one.normal).slice(0, SEARCHED)
  if (asked.length === 0) return []
  const duration = serverDuration(from, to, await serverOffset(signal))
  const names = asked.map((_, i) => `$s${i}: ID!`).join(', ')
  const fields = asked.map((_, i) => `a${i}: findEndpoint(keyword: $text, serviceId: $s${i}, limit: ${each}, duration: $duration) { id name }`)
  const query = `query($text: String, $duration: Duration, ${names}) { ${fields.join(' ')} }`
  const variables = { text, duration, ...Object.fromEntries(asked.map((one, i) => [`s${i}`, one.id])) }
  const answer = await postJson<{ data?: Record<string, { id: string; name: string }[]> | null }>('graphql', { query, variables }, signal)
  return asked.flatMap((one, i) => (answer.data?.[`a${i}`] ?? []).map((found) => ({ ...found, serviceId: one.id, service: one.name })))
}
