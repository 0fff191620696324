import { ApiError, startWorker } from '@/api'
import type { Reply, RequestName, Requests } from './protocol'
import url from './trace.worker?worker&url'

/** The worker that holds one trace; answers come in the order of the requests. */
export class TraceSession {
  private readonly worker = startWorker(url)
  private readonly waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>()
  private next = 1

  constructor() {
    this.worker.onmessage = (event: MessageEvent<Reply>) => {
      const reply = event.data
      const waiter = this.waiting.get(reply.id)
      this.waiting.delete(reply.id)
      if ('answer' in reply) waiter?.resolve(reply.answer as never)
      else waiter?.reject(new ApiError('MALFORMED', reply.failure))
    }
    this.worker.onerror = (event) => {
      this.fail(new Error(event.message || 'the worker could not be started'))
    }
  }

  ask<N extends RequestName>(name: N, ask: Requests[N]['ask'], transfer: Transferable[] = []): Promise<Requests[N]['answer']> {
    const id = this.next++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      this.worker.postMessage({ id, name, ask }, transfer)
    })
  }

  close(): void {
    this.worker.terminate()
    this.fail(new Error('the trace was closed'))
  }

  private fail(error: Error): void {
    for (const waiter of this.waiting.values()) waiter.reject(error)
    this.waiting.clear()
  }
}
