/**
 * Requests of the first page, sent while the code of the pages is still on its way. Stands alone: whatever this imports
 * has to arrive before the first request leaves.
 */

/** The second in which the page began to load: its range ends there, and so does that of what was asked early. */
export const startedAt = Math.floor(Date.now() / 1000) * 1000

const sent = new Map<string, Promise<Response>>()

/** `path` is that of the one who will ask, to the letter. */
export function askEarly(path: string): void {
  const answer = fetch(`./${path}`, { credentials: 'same-origin', cache: 'no-cache', headers: { accept: 'application/json' } })
  // Told by whoever takes it.
  answer.catch(() => undefined)
  sent.set(path, answer)
}

/** An answer is given once: whoever asks again wants a new one. */
export function takeEarly(path: string): Promise<Response> | undefined {
  const answer = sent.get(path)
  sent.delete(path)
  return answer
}
