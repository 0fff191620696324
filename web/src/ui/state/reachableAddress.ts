/**
 * host:port by which an agent reaches a receiver. A receiver that listens on all interfaces is reached by the name that
 * this page was opened with.
 */
export function reachableAddress(listens: string | undefined, pageHost: string, port: number): string {
  const host = pageHost.includes(':') && !pageHost.startsWith('[') ? `[${pageHost}]` : pageHost
  const parts = /^(.*):(\d+)$/.exec(listens ?? '')
  if (!parts) return `${host}:${port}`
  const [, own = '', number = ''] = parts
  return own === '' || own === '0.0.0.0' || own === '[::]' || own === '::' ? `${host}:${number}` : `${own}:${number}`
}
