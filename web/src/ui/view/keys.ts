import { onScopeDispose, shallowReactive } from 'vue'

export interface KeyBinding {
  /** `KeyboardEvent.key`, with `Ctrl+` in front where it is held. */
  key: string
  /** What the dialog of keys says about it. */
  label: () => string
  /** Heading in the dialog; the frame's own without. */
  group?: () => string
  run: (event: KeyboardEvent) => void
}

/** All keys that work now; a later binding of the same key wins while its page is open. */
export const bindings = shallowReactive<KeyBinding[]>([])

/** Binds keys for as long as the component lives. */
export function useKeys(own: readonly KeyBinding[]): void {
  bindings.push(...own)
  onScopeDispose(() => {
    for (const binding of own) bindings.splice(bindings.indexOf(binding), 1)
  })
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Runs what is bound to a key; keys without Ctrl belong to the text field or dialog that has the focus. */
export function dispatchKey(event: KeyboardEvent): void {
  if (event.altKey || event.defaultPrevented) return
  const held = event.ctrlKey || event.metaKey
  const name = (held ? 'Ctrl+' : '') + event.key
  if (!held && (isTyping(event.target) || document.querySelector('[role="dialog"][data-state="open"], [role="menu"][data-state="open"]'))) return
  const binding = bindings.findLast((one) => one.key === name)
  if (!binding) return
  event.preventDefault()
  binding.run(event)
}

/** Moves the focus along the links of rows (`data-row`) in sight; the first or last where none has it. */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')].filter((row) => row.offsetParent !== null)
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const next = at < 0 ? (step === 1 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))
  rows[next]?.focus()
}
