import { exportText, type Dashboard } from '@/model'

/** Hands the browser the JSON of a dashboard as a file that carries its name. */
export function exportFile(dashboard: Dashboard, name: string): void {
  const url = URL.createObjectURL(new Blob([exportText(dashboard)], { type: 'application/json' }))
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.download = `${name.trim().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').toLowerCase() || 'dashboard'}.json`
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
