import { setHidden } from './elements'

/** Makes and fills the elements of rows; a filled element is filled again for another row as the list scrolls. */
export interface RowRenderer {
  create(): HTMLElement
  fill(element: HTMLElement, index: number): void
}

interface Slot {
  element: HTMLElement
  index: number
}

/** Rows in sight and a few more; the elements of rows that leave are used for those that come. */
const OVERSCAN = 6

/**
 * A list of rows of one height, of which only those in sight are in the document. Its elements are made once and
 * filled again, since making them anew costs more than the time of a frame.
 */
export class VirtualRows {
  private readonly slots: Slot[] = []
  private readonly observer: ResizeObserver
  private count = 0
  private height = 0
  first = 0
  last = 0

  constructor(
    private readonly scroller: HTMLElement,
    /** As high as all rows together; holds the elements. */
    private readonly body: HTMLElement,
    readonly rowHeight: number,
    private readonly renderer: RowRenderer,
    private readonly moved: () => void = () => {},
  ) {
    this.observer = new ResizeObserver(() => {
      this.height = scroller.clientHeight
      this.place(false)
    })
    this.observer.observe(scroller)
    scroller.addEventListener('scroll', this.onScroll, { passive: true })
  }

  /** Shows `count` rows, all filled again. */
  show(count: number): void {
    this.count = count
    this.body.style.height = `${count * this.rowHeight}px`
    if (this.height === 0) this.height = this.scroller.clientHeight
    this.place(true)
  }

  /** Fills the rows in sight again. */
  refresh(): void {
    this.place(true)
  }

  /** Brings a row into sight; `centre` only where it was out of sight. */
  reveal(index: number): void {
    const head = this.body.offsetTop
    const start = index * this.rowHeight
    const { scrollTop } = this.scroller
    const room = this.scroller.clientHeight - head
    if (start >= scrollTop && start + this.rowHeight <= scrollTop + room) return
    this.scroller.scrollTop = Math.max(0, start - room / 2 + this.rowHeight / 2)
  }

  close(): void {
    this.observer.disconnect()
    this.scroller.removeEventListener('scroll', this.onScroll)
  }

  private readonly onScroll = (): void => this.place(false)

  private place(all: boolean): void {
    const top = this.scroller.scrollTop
    this.first = Math.max(0, Math.min(this.count, Math.floor(top / this.rowHeight) - OVERSCAN))
    this.last = Math.min(this.count, Math.ceil((top + this.height) / this.rowHeight) + OVERSCAN)
    const needed = Math.ceil(this.height / this.rowHeight) + 2 * OVERSCAN + 1
    if (this.slots.length < Math.min(needed, this.count)) this.grow(Math.min(needed, this.count))
    for (const slot of this.slots) if (slot.index < this.first || slot.index >= this.last) slot.index = -1
    for (let index = this.first; index < this.last; index++) this.put(index, all)
    for (const slot of this.slots) {
      const hidden = slot.index < 0
      setHidden(slot.element, hidden)
    }
    this.moved()
  }

  private put(index: number, again: boolean): void {
    const slot = this.slots[index % this.slots.length]
    if (slot === undefined || (slot.index === index && !again)) return
    if (slot.index !== index) slot.element.style.top = `${index * this.rowHeight}px`
    slot.index = index
    slot.element.dataset['index'] = String(index)
    this.renderer.fill(slot.element, index)
  }

  private grow(size: number): void {
    while (this.slots.length < size) {
      const element = this.renderer.create()
      element.classList.add('rows-row')
      setHidden(element, true)
      this.body.append(element)
      this.slots.push({ element, index: -1 })
    }
    for (const slot of this.slots) slot.index = -1
  }
}

/** Index of the row that an event happened in, -1 outside of rows. */
export function rowOfEvent(event: Event): number {
  const row = (event.target as Element | null)?.closest<HTMLElement>('.rows-row')
  return row?.dataset['index'] === undefined ? -1 : Number(row.dataset['index'])
}
