/**
 * Changes of elements that are filled again and again. What was set last is remembered here, since reading it back from
 * the element costs more than setting it: a style comes back in other words than it was set in.
 */
const last = new WeakMap<Element, Map<string, string | boolean>>()

/** Whether a value differs from the one that was set last under this name. */
function differs(node: Element, name: string, value: string | boolean): boolean {
  let values = last.get(node)
  if (values === undefined) last.set(node, (values = new Map()))
  if (values.get(name) === value) return false
  values.set(name, value)
  return true
}

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, parent?: HTMLElement): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  made.className = className
  parent?.append(made)
  return made
}

export function setText(node: HTMLElement, text: string): void {
  if (differs(node, 'text', text)) node.textContent = text
}

export function setHidden(node: HTMLElement, hidden: boolean): void {
  if (differs(node, 'hidden', hidden)) node.hidden = hidden
}

export function setClass(node: HTMLElement, className: string): void {
  if (differs(node, 'class', className)) node.className = className
}

export function toggleClass(node: HTMLElement, name: string, on: boolean): void {
  if (differs(node, `.${name}`, on)) node.classList.toggle(name, on)
}

export function setTitle(node: HTMLElement, title: string): void {
  if (differs(node, 'title', title)) node.title = title
}

/** Null removes the attribute. */
export function setAttribute(node: HTMLElement, name: string, value: string | null): void {
  if (!differs(node, `@${name}`, value ?? false)) return
  if (value === null) node.removeAttribute(name)
  else node.setAttribute(name, value)
}

export function setStyle(node: HTMLElement, name: 'left' | 'right' | 'width' | 'top' | 'background' | 'backgroundSize' | 'paddingLeft', value: string): void {
  if (differs(node, name, value)) node.style[name] = value
}

/** Text of a number with its unit small behind it. */
export function setMeasure(node: HTMLElement, unit: HTMLElement, measure: { text: string; unit: string }): void {
  if (differs(node, 'number', measure.text)) {
    const first = node.firstChild
    if (first instanceof Text) first.data = measure.text
    else node.prepend(measure.text)
  }
  setText(unit, measure.unit)
}
