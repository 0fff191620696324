import { initGraphQLTada, type ResultOf, type VariablesOf } from 'gql.tada'
import { ApiError } from '../error'
import { postJson } from '../http'
import type { introspection } from './schema'

type Tada = ReturnType<typeof initGraphQLTada<{ introspection: introspection; scalars: { Long: number } }>>

/** Typed by the server's schema; at run time the text itself, since the server parses it anyway. */
export const graphql = ((text: string) => text) as unknown as Tada

interface Answer<T> {
  data?: T | null
  errors?: { message: string }[]
}

/** Runs one document. Any error in the answer fails the whole: half an answer would be shown as a full one. */
export async function ask<D>(document: D, variables: VariablesOf<D>, signal: AbortSignal): Promise<ResultOf<D>> {
  const answer = await postJson<Answer<ResultOf<D>>>('graphql', { query: document, variables }, signal)
  const first = answer.errors?.[0]
  if (first) throw new ApiError('INVALID', first.message, { status: 200 })
  if (!answer.data) throw new ApiError('MALFORMED', 'the answer holds no data', { status: 200 })
  return answer.data
}
