/** Small changes of elements that cost nothing where nothing changes. */

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, parent?: HTMLElement): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  made.className = className
  parent?.append(made)
  return made
}

export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

export function setHidden(node: HTMLElement, hidden: boolean): void {
  if (node.hidden !== hidden) node.hidden = hidden
}

export function setClass(node: HTMLElement, className: string): void {
  if (node.className !== className) node.className = className
}

/** Text of a number with its unit small behind it. */
export function setMeasure(node: HTMLElement, unit: HTMLElement, measure: { text: string; unit: string }): void {
  const first = node.firstChild
  if (first instanceof Text) {
    if (first.data !== measure.text) first.data = measure.text
  } else node.prepend(measure.text)
  setText(unit, measure.unit)
}
