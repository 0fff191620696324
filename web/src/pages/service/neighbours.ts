import { evaluateAll, readNeighbours, type MqeResult, type NeighbourCall, type ServiceName } from '@/api'

export interface NeighbourRow {
  id: string
  name: string
  type: string | null
  /** False for the user, who has no page. */
  leads: boolean
  cpm: number | null
  average: number | null
  errors: number | null
}

/** Calls whose figures are asked for; the rest is shown without. */
const MEASURED = 40

const single = (result: MqeResult | undefined): number | null => result?.series[0]?.values[0] ?? null

/** Callers and callees with the figures of the call, told by the side that reported it. */
export async function readCalls(service: ServiceName, from: number, to: number, signal: AbortSignal): Promise<{ callers: NeighbourRow[]; callees: NeighbourRow[] }> {
  const { callers, callees } = await readNeighbours(service.id, from, to, signal)
  const asked = [
    ...callers.map((call) => ({ call, incoming: true })),
    ...callees.map((call) => ({ call, incoming: false })),
  ].slice(0, MEASURED)
  const own = { name: service.name, normal: service.normal }
  const questions = asked.flatMap(({ call, incoming }) => {
    const other = { name: call.node.name, normal: call.node.isReal }
    const [caller, callee] = incoming ? [other, own] : [own, other]
    const side = call.sides.includes(incoming ? 'SERVER' : 'CLIENT') ? (incoming ? 'server' : 'client') : incoming ? 'client' : 'server'
    const entity = { serviceName: caller.name, normal: caller.normal, destServiceName: callee.name, destNormal: callee.normal }
    return ['cpm', 'resp_time', 'call_sla'].map((metric) => ({ expression: `avg(service_relation_${side}_${metric})`, entity }))
  })
  const results = await evaluateAll(questions, from, to, signal)
  const measured = new Map(asked.map(({ call, incoming }, i) => [`${incoming} ${call.node.id}`, results.slice(3 * i, 3 * i + 3)]))
  const row = (call: NeighbourCall, incoming: boolean): NeighbourRow => {
    const [cpm, average, success] = (measured.get(`${incoming} ${call.node.id}`) ?? []).map(single)
    return {
      id: call.node.id,
      name: call.node.name,
      type: call.node.type,
      leads: call.node.type !== 'USER',
      cpm: cpm ?? null,
      average: average ?? null,
      errors: success === null || success === undefined ? null : Math.max(0, 100 - success / 100),
    }
  }
  return { callers: callers.map((call) => row(call, true)), callees: callees.map((call) => row(call, false)) }
}
