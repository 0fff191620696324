import { command, getJson } from '../http'
import { reachability } from '../reachability'

export interface Session {
  /** Whether this server asks for a token at all. */
  required: boolean
  ok: boolean
}

export async function readSession(signal: AbortSignal): Promise<Session> {
  const session = await getJson<Session>('ui/session', {}, signal)
  if (session.required && !session.ok) reachability.refused()
  return session
}

/** Throws UNAUTHENTICATED when the token is not that of the server. */
export async function signIn(token: string): Promise<void> {
  await command('POST', 'ui/session', { token })
  reachability.accepted()
}

export async function signOut(): Promise<void> {
  await command('DELETE', 'ui/session')
  reachability.refused()
}
