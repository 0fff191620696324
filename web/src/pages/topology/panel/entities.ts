import type { MqeEntity, TopologyEdge } from '@/api'
import { readEntityId } from '@/model'
import { definitions, scopeOf, type ChartDefinition } from '@/ui/charts/entityCharts'
import { shownKind } from '../buildScene'
import type { ShownNode } from '../shownGraph'

export type MapScope = 'services' | 'instances' | 'endpoint'
export type Side = 'client' | 'server'

/** What the charts of a node ask for; null where nothing is measured of it. */
export function nodeEntity(node: ShownNode, scope: MapScope): MqeEntity | null {
  const parts = readEntityId(node.id)
  if (!parts || shownKind(node) === 'user') return null
  const service = { serviceName: parts.service, normal: parts.normal }
  if (scope === 'services') return parts.child === null ? service : null
  if (parts.child === null || !parts.normal) return null
  return scope === 'instances' ? { ...service, serviceInstanceName: parts.child } : { ...service, endpointName: parts.child }
}

export function nodeCharts(node: ShownNode, scope: MapScope): readonly ChartDefinition[] {
  if (scope === 'instances') return definitions.instance
  if (scope === 'endpoint') return definitions.endpoint
  if (shownKind(node) === 'external') return []
  return definitions[scopeOf(node.layers)].filter((chart) => chart.key !== 'apdex')
}

export function edgeEntity(edge: TopologyEdge, scope: MapScope): MqeEntity | null {
  const from = readEntityId(edge.source)
  const to = readEntityId(edge.target)
  if (!from || !to) return null
  const entity = { serviceName: from.service, normal: from.normal, destServiceName: to.service, destNormal: to.normal }
  if (scope === 'services') return entity
  if (from.child === null || to.child === null) return null
  return scope === 'instances' ? { ...entity, serviceInstanceName: from.child, destServiceInstanceName: to.child } : { ...entity, endpointName: from.child, destEndpointName: to.child }
}

/** Charts of a call as one side tells it (docs/user/metrics.md). */
export function edgeCharts(scope: MapScope, side: Side): readonly ChartDefinition[] {
  const prefix = { services: `service_relation_${side}`, instances: `service_instance_relation_${side}`, endpoint: 'endpoint_relation' }[scope]
  const success = scope === 'endpoint' ? 'sla' : 'call_sla'
  return [
    { key: 'requests', kind: 'rate', expression: `${prefix}_cpm`, fill: true },
    { key: 'percentiles', kind: 'duration', expression: `${prefix}_percentile{p='50,75,90,95,99'}`, by: 'p' },
    { key: 'errors', kind: 'percent', expression: `100-${prefix}_${success}/100`, tone: 'bad', fill: true, atLeast: 1 },
  ]
}

/** Conditions of the traces of a node; null for what no trace is stored under. */
export function nodeTraces(node: ShownNode, scope: MapScope): Record<string, string> | null {
  const parts = readEntityId(node.id)
  if (!parts?.normal || shownKind(node) !== 'service') return null
  if (scope === 'services') return { service: node.id }
  return { service: parts.serviceId, [scope === 'instances' ? 'instance' : 'endpoint']: node.id }
}

/** Of a call: traces of its callee, or of its caller where the callee does not report itself. */
export function edgeTraces(source: ShownNode, target: ShownNode, scope: MapScope): { of: ShownNode; condition: Record<string, string> } | null {
  for (const of of [target, source]) {
    const condition = nodeTraces(of, scope)
    if (condition) return { of, condition }
  }
  return null
}
