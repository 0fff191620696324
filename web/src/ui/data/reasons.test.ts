import { expect, it } from 'vitest'
import { causesOf, reasonUsual, reasonValue } from './reasons'

const reason = { severity: 'bad', since: null, entity: null } as const

it('latency and traffic are told as a multiple of their usual', () => {
  expect(reasonValue({ ...reason, rule: 'latency-far-above-usual', value: 562, usual: 181 })).toBe('×3.1')
  expect(reasonValue({ ...reason, rule: 'latency-above-usual', value: 562, usual: null })).toBe('562 ms')
  expect(reasonValue({ ...reason, rule: 'traffic-above-usual', value: 6000, usual: 100 })).toBe('×60')
})

it('what is measured in nothing that is known has no number', () => {
  expect(reasonValue({ ...reason, rule: 'instance-deviates', value: 3, usual: null })).toBe('')
  expect(reasonValue({ ...reason, rule: 'errors-high', value: null, usual: null })).toBe('')
  expect(reasonUsual({ ...reason, rule: 'errors-high', value: 4.8, usual: 0.2 })).toBe('0.20 %')
})

it('whom several reasons come from is told once', () => {
  const of = (id: string, share: number) => ({ ...reason, rule: 'errors-high', value: 9, usual: 1, because: { kind: 'service' as const, id, name: id, share } })
  expect(causesOf([of('stock', 0.6), of('pay', 0.7), of('stock', 0.9), { ...of('', 0), because: null }]).map(({ id, share }) => [id, share])).toEqual([['stock', 0.9], ['pay', 0.7]])
})
