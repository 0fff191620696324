import { ApiError } from '../error'
import { ask, graphql } from './client'
import { serverDuration, serverOffset } from './duration'

export interface InstanceInfo {
  id: string
  name: string
  language: string
  attributes: readonly { name: string; value: string }[]
}

const instances = graphql(`query($serviceId: ID!, $duration: Duration!) { listInstances(serviceId: $serviceId, duration: $duration) { id name language attributes { name value } } }`)

export async function listInstances(serviceId: string, from: number, to: number, signal: AbortSignal): Promise<InstanceInfo[]> {
  const duration = serverDuration(from, to, await serverOffset(signal))
  return (await ask(instances, { serviceId, duration }, signal)).listInstances
}

const instance = graphql(`query($id: String!) { getInstance(instanceId: $id) { id name language attributes { name value } } }`)

export async function getInstance(id: string, signal: AbortSignal): Promise<InstanceInfo> {
  const found = (await ask(instance, { id }, signal)).getInstance
  if (!found) throw new ApiError('NOT_FOUND', 'no such instance')
  return found
}

export interface EndpointInfo {
  id: string
  name: string
  serviceId: string
  serviceName: string
}

const endpoint = graphql(`query($id: ID!) { getEndpointInfo(endpointId: $id) { id name serviceId serviceName } }`)

export async function getEndpoint(id: string, signal: AbortSignal): Promise<EndpointInfo> {
  const found = (await ask(endpoint, { id }, signal)).getEndpointInfo
  if (!found) throw new ApiError('NOT_FOUND', 'no such endpoint')
  return found
}
