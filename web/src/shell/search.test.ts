import { expect, it } from 'vitest'
import { looksLikeTraceId, rank } from './search'

it('knows ids of traces from names', () => {
  expect(looksLikeTraceId('7f3c0a91e7f3c0a91e7f3c0a91e00001')).toBe(true)
  expect(looksLikeTraceId('a12ff60b-5807-463b-a1f8-fb1c8608219e.65.16453566')).toBe(true)
  expect(looksLikeTraceId('orders')).toBe(false)
  expect(looksLikeTraceId('GET /orders/1234567890')).toBe(false)
})

it('puts beginnings first', () => {
  const names = ['reorders', 'shop-orders', 'orders-db', 'orders', 'cart']
  expect(rank(names, (name) => name, 'Order', 9)).toEqual(['orders', 'orders-db', 'shop-orders', 'reorders'])
  expect(rank(names, (name) => name, 'o', 2)).toHaveLength(2)
})
