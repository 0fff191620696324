import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { evaluate, findEndpoints, listInstances, type MqeEntity } from '@/api'
import { partOfId, scopesOf, serviceOfId, type Dashboard, type WidgetScope } from '@/model'
import { useServerData } from '@/ui/state/useServerData'
import { useServices } from '@/ui/state/useServices'
import { textCodec, useAddress } from '@/ui/view/address'

export interface Choice {
  value: string
  label: string
}

/** Endpoints offered at once. */
const OFFERED = 50

/** The entity that the widgets are about: chosen in the address, else the first of the dashboard's `start` ranking. */
export function useEntity(dashboard: Ref<Dashboard | null>) {
  const needed = computed<ReadonlySet<WidgetScope>>(() => (dashboard.value ? scopesOf(dashboard.value) : new Set()))
  const chosenService = useAddress('service', textCodec)
  const chosenInstance = useAddress('instance', textCodec)
  const chosenEndpoint = useAddress('endpoint', textCodec)
  const typed = ref('')

  const services = useServices()
  const offered = computed(() => (services.data.value ?? []).filter((one) => dashboard.value?.layer === '' || one.layers.includes(dashboard.value?.layer ?? '')))

  const start = useServerData(
    () => ['dashboard-start', dashboard.value?.start],
    async ({ from, to }, signal) => {
      const [result] = await evaluate([dashboard.value?.start ?? ''], {}, from, to, signal)
      return { id: result?.series[0]?.owners?.[0]?.id ?? null }
    },
    { enabled: () => needed.value.has('service') && chosenService.value === '' && (dashboard.value?.start ?? '') !== '' },
  )
  const waiting = computed(() => needed.value.has('service') && chosenService.value === '' && (services.isPending.value || ((dashboard.value?.start ?? '') !== '' && start.isPending.value)))
  const started = computed(() => (chosenService.value === '' ? (start.data.value?.id ?? '') : ''))
  const startedPart = computed(() => partOfId(started.value))
  const serviceId = computed(() => chosenService.value || (startedPart.value?.service ?? started.value) || (waiting.value ? '' : (offered.value[0]?.id ?? '')))
  const service = computed(() => serviceOfId(serviceId.value))

  const instances = useServerData(() => ['instance-names', serviceId.value], ({ from, to }, signal) => listInstances(serviceId.value, from, to, signal), { enabled: () => needed.value.has('instance') && service.value !== null })
  const endpoints = useServerData(
    () => ['endpoint-names', serviceId.value, typed.value],
    ({ from, to }, signal) => findEndpoints(typed.value, [{ id: serviceId.value, name: service.value?.name ?? '', shortName: '', group: '', layers: [], normal: true }], OFFERED, from, to, signal),
    { enabled: () => needed.value.has('endpoint') && service.value !== null },
  )
  const part = (scope: WidgetScope, chosen: string, list: readonly { id: string }[] | undefined): string => {
    if (!needed.value.has(scope)) return ''
    if (partOfId(chosen)?.service === serviceId.value) return chosen
    return startedPart.value ? started.value : (list?.[0]?.id ?? '')
  }
  const instanceId = computed(() => part('instance', chosenInstance.value, instances.data.value))
  const endpointId = computed(() => part('endpoint', chosenEndpoint.value, endpoints.data.value))

  /** Null where nothing can be asked for yet. */
  function entityOf(scope: WidgetScope): MqeEntity | null {
    if (scope === 'all') return {}
    if (!service.value) return null
    const own = { serviceName: service.value.name, normal: service.value.normal }
    if (scope === 'service') return own
    const name = partOfId(scope === 'instance' ? instanceId.value : endpointId.value)?.name
    if (name === undefined) return null
    return scope === 'instance' ? { ...own, serviceInstanceName: name } : { ...own, endpointName: name }
  }
  const choices = (list: readonly { id: string; name: string }[] | undefined): Choice[] => (list ?? []).map((one) => ({ value: one.id, label: one.name }))
  /** Another service has other parts. */
  const pick: ComputedRef<Record<'service' | 'instance' | 'endpoint', (id: string) => void>> = computed(() => ({
    service: (id) => {
      chosenService.value = id
      chosenInstance.value = ''
      chosenEndpoint.value = ''
      typed.value = ''
    },
    instance: (id) => {
      chosenService.value = serviceId.value
      chosenInstance.value = id
    },
    endpoint: (id) => {
      chosenService.value = serviceId.value
      chosenEndpoint.value = id
    },
  }))
  return {
    needed, waiting, serviceId, instanceId, endpointId, entityOf, pick, typed,
    serviceName: computed(() => service.value?.name ?? ''),
    serviceChoices: computed(() => choices(offered.value)),
    instanceChoices: computed(() => choices(instances.data.value)),
    endpointChoices: computed(() => choices(endpoints.data.value)),
    servicesError: computed(() => services.error.value),
    refetchServices: () => void services.refetch(),
  }
}
export type EntityChoice = ReturnType<typeof useEntity>
