interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL: (url: string) => unknown }
}
const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes
const policy = trustedTypes?.createPolicy('skytrail-worker', {
  createScriptURL(url) {
    if (new URL(url, location.href).origin !== location.origin) throw new TypeError(`not a worker of ours: ${url}`)
    return url
  },
})

/** Starts a module worker under Trusted Types; `url` is the default export of `import url from './x.worker?worker&url'`. */
export function startWorker(url: string): Worker {
  return new Worker((policy ? policy.createScriptURL(url) : url) as string, { type: 'module' })
}
