import { onBeforeUnmount, onMounted } from 'vue'

export interface TraceKeys {
  find(): void
  move(by: number): void
  open(open: boolean): void
  next(): void
  previous(): void
  close(): void
  path(): void
}

/** Whether keys belong to what has the focus: fields, menus, dialogs. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable="true"], [role="menu"], [role="dialog"], [role="tablist"]') !== null

/** Keys of the page, while nothing that takes text has the focus. */
export function useTraceKeys(keys: TraceKeys): void {
  const actions: Record<string, () => void> = {
    f: keys.find,
    j: () => keys.move(1),
    k: () => keys.move(-1),
    ArrowDown: () => keys.move(1),
    ArrowUp: () => keys.move(-1),
    PageDown: () => keys.move(20),
    PageUp: () => keys.move(-20),
    ArrowRight: () => keys.open(true),
    ArrowLeft: () => keys.open(false),
    n: keys.next,
    N: keys.previous,
    p: keys.path,
    Escape: keys.close,
  }
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return
    const action = actions[event.key]
    if (action === undefined) return
    event.preventDefault()
    action()
  }
  onMounted(() => window.addEventListener('keydown', press))
  onBeforeUnmount(() => window.removeEventListener('keydown', press))
}
