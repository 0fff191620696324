import { expect, it } from 'vitest'
import { pageLink } from './links'

const current = { last: '6h', group: 'shop', find: 'x', compare: 'day' }

it('keeps what the frame carries, and nothing of the page that is left', () => {
  expect(pageLink('service', { id: 'a' }, current)).toEqual({ path: '/service', query: { last: '6h', group: 'shop', compare: 'day', id: 'a' } })
})

it('a range of its own replaces that of the page', () => {
  expect(pageLink('traces', { from: 1, to: 2, tag: ['a=b'], state: '' }, current)).toEqual({ path: '/traces', query: { group: 'shop', compare: 'day', from: '1', to: '2', tag: ['a=b'] } })
})
