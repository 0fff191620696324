import { expect, it } from 'vitest'
import { reasonUsual, reasonValue } from './reasons'

const reason = { severity: 'bad', since: null, entity: null } as const

it('latency is told as a multiple of its usual', () => {
  expect(reasonValue({ ...reason, rule: 'latency', value: 562, usual: 181 })).toBe('×3.1')
  expect(reasonValue({ ...reason, rule: 'latency', value: 562, usual: null })).toBe('562 ms')
  expect(reasonValue({ ...reason, rule: 'latency', value: 5620, usual: 100 })).toBe('×56')
})

it('a rule that is not known yet is told by its number', () => {
  expect(reasonValue({ ...reason, rule: 'brand-new', value: 3, usual: null })).toBe('3')
  expect(reasonValue({ ...reason, rule: 'version', value: null, usual: null })).toBe('')
  expect(reasonUsual({ ...reason, rule: 'errors', value: 4.8, usual: 0.2 })).toBe('0.20 %')
})
