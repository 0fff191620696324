import { ApiError, errorOf } from './error'
import { takeEarly } from './early'
import { queryString, type Query } from './queryString'
import { reachability } from './reachability'

/** An answer that was asked for before its signal existed. */
function unlessAborted(answer: Promise<Response>, signal: AbortSignal | null | undefined): Promise<Response> {
  if (!signal) return answer
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([answer, aborted])
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    const early = init.method === undefined ? takeEarly(path) : undefined
    response = await (early ? unlessAborted(early, init.signal) : fetch(`./${path}`, { credentials: 'same-origin', cache: 'no-cache', ...init }))
  } catch (error) {
    if (init.signal?.aborted) throw error
    reachability.lost()
    throw new ApiError('UNREACHABLE', error instanceof Error ? error.message : String(error))
  }
  if (response.ok) {
    reachability.found()
    return response
  }
  const failure = errorOf(response.status, await response.text().catch(() => ''), response.headers.get('retry-after'))
  if (failure.code === 'UNREACHABLE') reachability.lost()
  else reachability.found()
  if (failure.code === 'UNAUTHENTICATED') reachability.refused()
  throw failure
}

async function readJson<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T
  } catch (error) {
    if (error instanceof DOMException) throw error
    throw new ApiError('MALFORMED', 'the answer is not JSON', { status: response.status })
  }
}

/** `path` is relative to the page, without `./` in front. Every request can be cancelled by its signal. */
export async function getJson<T>(path: string, query: Query, signal: AbortSignal): Promise<T> {
  return readJson<T>(await send(path + queryString(query), { signal, headers: { accept: 'application/json' } }))
}

export async function getBytes(path: string, query: Query, signal: AbortSignal): Promise<ArrayBuffer> {
  return (await send(path + queryString(query), { signal })).arrayBuffer()
}

export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  return readJson<T>(await send(path, { method: 'POST', headers, body: JSON.stringify(body), ...(signal ? { signal } : {}) }))
}

/** As `postJson`, for answers that a worker reads. */
export async function postBytes(path: string, body: unknown, signal: AbortSignal): Promise<ArrayBuffer> {
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  return (await send(path, { method: 'POST', headers, body: JSON.stringify(body), signal })).arrayBuffer()
}

/** For requests that are answered without a body. */
export async function command(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<void> {
  await send(path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
}
