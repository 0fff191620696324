import { useQuery } from '@tanstack/vue-query'
import { listServices } from '@/api'

/** Names of all services; asked for once a minute at most. */
export function useServices() {
  return useQuery({ queryKey: ['services'], queryFn: ({ signal }) => listServices(signal), staleTime: 60_000 })
}
