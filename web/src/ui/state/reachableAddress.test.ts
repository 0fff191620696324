import { expect, it } from 'vitest'
import { reachableAddress } from './reachableAddress'

it('is the name of the page for receivers that listen everywhere', () => {
  expect(reachableAddress('0.0.0.0:11800', 'apm.example.com', 1)).toBe('apm.example.com:11800')
  expect(reachableAddress('[::]:11800', '::1', 1)).toBe('[::1]:11800')
  expect(reachableAddress('127.0.0.1:11801', 'localhost', 1)).toBe('127.0.0.1:11801')
  expect(reachableAddress(undefined, 'localhost', 11800)).toBe('localhost:11800')
})
