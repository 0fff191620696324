import { ApiError } from '../error'
import { ask, graphql } from './client'

/** A dashboard as the server keeps it: a text under an id. */
export interface StoredTemplate {
  id: string
  configuration: string
}

const all = graphql(`query { getAllTemplates { id configuration } }`)

export async function listTemplates(signal: AbortSignal): Promise<readonly StoredTemplate[]> {
  return (await ask(all, {}, signal)).getAllTemplates
}

const one = graphql(`query($id: String!) { getTemplate(id: $id) { id configuration } }`)

/** Null when there is none, or it was removed. */
export async function getTemplate(id: string, signal: AbortSignal): Promise<StoredTemplate | null> {
  return (await ask(one, { id }, signal)).getTemplate ?? null
}

interface Outcome {
  id: string
  status: boolean
  message: string | null
}

function done(outcome: Outcome): string {
  if (!outcome.status) throw new ApiError('INVALID', outcome.message ?? 'the server refused the change', { status: 200 })
  return outcome.id
}

const add = graphql(`mutation($configuration: String!) { addTemplate(setting: { configuration: $configuration }) { id status message } }`)
const replace = graphql(`mutation($id: String!, $configuration: String!) { changeTemplate(setting: { id: $id, configuration: $configuration }) { id status message } }`)
const disable = graphql(`mutation($id: String!) { disableTemplate(id: $id) { id status message } }`)

/** The id under which it is kept from now on. */
export async function addTemplate(configuration: string, signal: AbortSignal): Promise<string> {
  return done((await ask(add, { configuration }, signal)).addTemplate)
}

export async function changeTemplate(id: string, configuration: string, signal: AbortSignal): Promise<string> {
  return done((await ask(replace, { id, configuration }, signal)).changeTemplate)
}

/** The server hides it, and keeps it. */
export async function disableTemplate(id: string, signal: AbortSignal): Promise<string> {
  return done((await ask(disable, { id }, signal)).disableTemplate)
}
