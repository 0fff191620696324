import { useQuery } from '@tanstack/vue-query'
import { computed, reactive } from 'vue'
import { listMetrics } from '@/api'
import { usualLabels, type Catalogue } from '@/model'
import { useServices } from '@/ui/state/useServices'

/** Labels of metrics as answers showed them; the catalogue does not tell them. */
const seen = reactive(new Map<string, Record<string, string[]>>())

/** Metrics whose labels are kept, and values of each. */
const METRICS = 200
const VALUES = 50

export function learnLabels(metric: string, sets: readonly Readonly<Record<string, string>>[]): void {
  if (!seen.has(metric) && seen.size >= METRICS) return
  const known = seen.get(metric) ?? {}
  for (const labels of sets) {
    for (const [key, value] of Object.entries(labels)) {
      const values = (known[key] ??= [])
      if (values.length < VALUES && !values.includes(value)) values.push(value)
    }
  }
  if (Object.keys(known).length > 0) seen.set(metric, known)
}

export function useCatalogue() {
  const metrics = useQuery({ queryKey: ['metrics'], queryFn: ({ signal }) => listMetrics(signal), staleTime: 5 * 60_000 })
  const services = useServices()
  const layers = computed(() => [...new Set((services.data.value ?? []).flatMap((one) => one.layers))].sort())
  const catalogue = computed<Catalogue>(() => ({ metrics: metrics.data.value ?? [], labels: (metric) => ({ ...usualLabels(metric), ...seen.get(metric) }), layers: layers.value }))
  return { catalogue, layers }
}
