// One server with the demo and one browser, for all tests of the process.
import { launch, openPage } from './browser.mjs'
import { Server } from './server.mjs'

/** The number of the incident that the demo has from its first minute on. */
export const INCIDENT = 5

/** One number for each kind of incident; others are tried with SKYTRAIL_INCIDENTS=1,2,3. */
export const NUMBERS = (process.env.SKYTRAIL_INCIDENTS ?? '7,4,3').split(',')

export const world = {
  async begin() {
    this.server = await Server.start()
    await this.server.demo('--incident', String(INCIDENT))
    this.browser = await launch()
  },
  async end() {
    await this.browser?.close()
    await this.server?.stop()
  },
  open(options) {
    return openPage(this.browser, options)
  },
  /** Addresses of every page, with ids of what the demo has. */
  async pages() {
    const { services } = await this.server.ask('overview', {})
    const gateway = services.find((one) => one.name === 'gateway').id
    const { instances, endpoints } = await this.server.ask('service', { id: gateway })
    const { traces } = await this.server.ask('traces', { service: gateway, endpoint: endpoints.find((one) => one.name === 'POST:/checkout').id, limit: 5 })
    const longest = traces.reduce((one, other) => (one.spans >= other.spans ? one : other)).traceId
    const query = (id) => `?id=${encodeURIComponent(id)}`
    return {
      overview: 'overview',
      topology: 'topology',
      services: 'services',
      service: `service${query(gateway)}`,
      instance: `instance${query(instances[0].id)}`,
      endpoint: `endpoint${query(endpoints[0].id)}`,
      traces: 'traces',
      trace: `trace${query(longest)}`,
      'trace-table': `trace${query(longest)}&view=table`,
      'trace-statistics': `trace${query(longest)}&view=statistics`,
      'trace-flame': `trace${query(longest)}&view=flame`,
      'trace-spans': `trace${query(longest)}&view=list`,
      dashboards: 'dashboards',
      settings: 'settings',
    }
  },
}
