// What an agent can set is text on every page.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settled } from './support/browser.mjs'
import { until } from './support/server.mjs'
import { world } from './support/world.mjs'

const script = (place) => `"><img src=x onerror="alert('${place}')"><script>alert('${place}')</script>{{constructor.constructor('alert(1)')()}}`

/** A segment that is hostile in every field. */
function hostile(now) {
  const tag = (key) => ({ key, value: script(key) })
  return {
    traceId: `hostile${script('trace')}`,
    traceSegmentId: `hostile-${now}${script('segment')}`,
    service: script('service'),
    serviceInstance: script('instance'),
    spans: [
      {
        spanId: 0, parentSpanId: -1, startTime: now - 500, endTime: now - 10, operationName: script('operation'), spanType: 'Entry', spanLayer: 'Http', componentId: 14, isError: true,
        tags: [tag('url'), tag('http.method'), tag('status_code'), { key: script('key'), value: script('value') }],
        logs: [{ time: now - 20, data: [{ key: 'event', value: 'error' }, tag('error.kind'), tag('message'), tag('stack'), { key: script('field'), value: script('field value') }] }],
      },
      {
        spanId: 1, parentSpanId: 0, startTime: now - 480, endTime: now - 40, operationName: script('statement'), spanType: 'Exit', spanLayer: 'Database', componentId: 33, peer: script('peer'), isError: true,
        tags: [{ key: 'db.type', value: script('type') }, { key: 'db.statement', value: script('sql') }, { key: 'db.instance', value: script('schema') }],
      },
    ],
  }
}

export function hostileInput() {
  test('scripts in every field that an agent can set run on no page', async (t) => {
    const segment = hostile(Date.now())
    await world.server.send([segment])
    const found = await until('the hostile service', 60, async () => {
      const { services } = await world.server.ask('overview', {})
      return services.find((one) => one.name.includes('onerror'))
    })
    const { instances, endpoints } = await world.server.ask('service', { id: found.id })
    const query = (id) => `?id=${encodeURIComponent(id)}`
    const span = encodeURIComponent(`${segment.traceSegmentId}.1`)
    const addresses = [
      'overview', 'topology', 'services', 'settings', 'dashboards', `service${query(found.id)}`, `instance${query(instances[0].id)}`, `endpoint${query(endpoints[0].id)}`,
      `traces?service=${encodeURIComponent(found.id)}`, ...['waterfall', 'table', 'statistics', 'flame', 'list'].map((view) => `trace${query(segment.traceId)}&view=${view}&span=${span}`),
    ]
    const { page, wrong, close } = await world.open()
    for (const address of addresses) {
      await t.test(address.slice(0, 40), async () => {
        await page.goto(`${world.server.url}/${address}`)
        await settled(page)
        for (const box of await page.locator('main [title]').all()) await box.hover({ timeout: 500, trial: false }).catch(() => undefined)
        assert.deepEqual(wrong.splice(0), [])
        assert.equal(await page.locator('img[src="x"]').count(), 0)
      })
    }
    await close()
  })
}
