export type ErrorCode =
  | 'INVALID'
  | 'UNAUTHENTICATED'
  /** The page was opened by an address that the server does not answer to. */
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'TOO_LARGE'
  | 'OVERLOADED'
  | 'TIMEOUT'
  | 'INTERNAL'
  /** The server could not be reached at all. */
  | 'UNREACHABLE'
  /** Something answered, but not in the form that was agreed on. */
  | 'MALFORMED'

/** Why a request failed. `field` names the parameter that was wrong, `retryAfter` is in seconds. */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly field: string | null
  readonly retryAfter: number | null

  constructor(code: ErrorCode, message: string, more: { status?: number; field?: string | null; retryAfter?: number | null } = {}) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = more.status ?? 0
    this.field = more.field ?? null
    this.retryAfter = more.retryAfter ?? null
  }

  /** Whether the same request may succeed a little later. */
  get transient(): boolean {
    return this.code === 'UNREACHABLE' || this.code === 'OVERLOADED' || this.code === 'TIMEOUT'
  }
}

const byStatus: Record<number, ErrorCode> = {
  400: 'INVALID',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  413: 'TOO_LARGE',
  429: 'OVERLOADED',
  502: 'UNREACHABLE',
  503: 'OVERLOADED',
  504: 'TIMEOUT',
}
const codes = new Set<string>([...Object.values(byStatus), 'INTERNAL'])

/** Reads `{"error":{"code","message","field"}}`; answers of proxies between are told by their status. */
export function errorOf(status: number, body: string, retryAfter: string | null): ApiError {
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null
  let told: { code?: unknown; message?: unknown; field?: unknown } = {}
  try {
    const parsed = JSON.parse(body) as { error?: typeof told }
    if (parsed && typeof parsed.error === 'object' && parsed.error !== null) told = parsed.error
  } catch {
    // The body is not ours: the status has to do.
  }
  const code = typeof told.code === 'string' && codes.has(told.code) ? (told.code as ErrorCode) : (byStatus[status] ?? 'INTERNAL')
  const message = typeof told.message === 'string' ? told.message : `status ${status}`
  return new ApiError(code, message, { status, field: typeof told.field === 'string' ? told.field : null, retryAfter: seconds })
}
