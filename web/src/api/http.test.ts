import { afterEach, describe, expect, it, vi } from 'vitest'
import { askEarly } from './early'
import { ApiError, errorOf } from './error'
import { getJson, postJson } from './http'
import { queryString } from './queryString'
import { retryDelay, shouldRetry } from './query'
import { reachability } from './reachability'

const signal = (): AbortSignal => new AbortController().signal
const answer = (body: string, init: ResponseInit = {}): void => void vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(body, init))))
afterEach(() => {
  vi.unstubAllGlobals()
  reachability.found()
  reachability.accepted()
})

describe('requests', () => {
  it('leave out what is not set and repeat lists', () => {
    expect(queryString({ a: 1, b: null, c: undefined, d: '', tag: ['x=1', 'y=a&b'], e: false })).toBe('?a=1&tag=x%3D1&tag=y%3Da%26b&e=false')
    expect(queryString({})).toBe('')
  })

  it('are relative to the page', async () => {
    answer('{}')
    await getJson('ui/overview', { from: 1 }, signal())
    expect(vi.mocked(fetch).mock.calls[0]?.[0]).toBe('./ui/overview?from=1')
  })

  it('that were sent early are answered by what they brought, once', async () => {
    answer('{"early":true}')
    askEarly('ui/overview?from=1')
    answer('{"early":false}')
    expect(await getJson('ui/overview', { from: 2 }, signal())).toEqual({ early: false })
    expect(await getJson('ui/overview', { from: 1 }, signal())).toEqual({ early: true })
    answer('{"early":false}')
    expect(await getJson('ui/overview', { from: 1 }, signal())).toEqual({ early: false })
  })

  it('that were sent early can be given up, and are no answer to what is posted', async () => {
    vi.stubGlobal('fetch', vi.fn(() => new Promise(() => undefined)))
    askEarly('ui/service')
    const given = new AbortController()
    const asked = getJson('ui/service', {}, given.signal)
    given.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
    askEarly('ui/tags/compare')
    answer('{"posted":true}')
    expect(await postJson('ui/tags/compare', {})).toEqual({ posted: true })
  })

  it('tell that the server is gone, and that it is back', async () => {
    vi.stubGlobal('fetch', vi.fn(() => Promise.reject(new TypeError('Failed to fetch'))))
    await expect(getJson('x', {}, signal())).rejects.toMatchObject({ code: 'UNREACHABLE' })
    expect(reachability.reachable.value).toBe(false)
    answer('{}')
    await getJson('x', {}, signal())
    expect(reachability.reachable.value).toBe(true)
  })

  it('that were cancelled say nothing about the server', async () => {
    const controller = new AbortController()
    controller.abort()
    vi.stubGlobal('fetch', vi.fn(() => Promise.reject(new DOMException('aborted', 'AbortError'))))
    await expect(getJson('x', {}, controller.signal)).rejects.toThrow('aborted')
    expect(reachability.reachable.value).toBe(true)
  })

  it('ask for the token after a 401', async () => {
    answer('{"error":{"code":"UNAUTHENTICATED","message":"no session"}}', { status: 401 })
    await expect(getJson('x', {}, signal())).rejects.toBeInstanceOf(ApiError)
    expect(reachability.signedOut.value).toBe(true)
  })

  it('that are answered by something else say so', async () => {
    answer('<html>')
    await expect(getJson('x', {}, signal())).rejects.toMatchObject({ code: 'MALFORMED' })
  })
})

describe('errors', () => {
  it('carry code, field and message of the server', () => {
    expect(errorOf(400, '{"error":{"code":"INVALID","message":"from is after to","field":"from"}}', null)).toMatchObject({ code: 'INVALID', field: 'from', message: 'from is after to' })
  })

  it('are told by the status where a proxy answers', () => {
    expect(errorOf(502, '<h1>Bad Gateway</h1>', null).code).toBe('UNREACHABLE')
    expect(errorOf(504, '', null).code).toBe('TIMEOUT')
    expect(errorOf(418, '{"error":"tea"}', null)).toMatchObject({ code: 'INTERNAL', message: 'status 418' })
  })

  it('are tried again only where that may help, and when the server says', () => {
    const busy = errorOf(503, '', '7')
    expect(shouldRetry(0, busy)).toBe(true)
    expect(shouldRetry(2, busy)).toBe(false)
    expect(retryDelay(0, busy)).toBe(7000)
    expect(shouldRetry(0, errorOf(400, '', null))).toBe(false)
    expect(shouldRetry(0, errorOf(404, '', null))).toBe(false)
  })
})
