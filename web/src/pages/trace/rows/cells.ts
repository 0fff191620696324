import { percent, type Measure } from '@/ui/text/numbers'
import { element, setMeasure, setStyle, setText, setTitle } from './elements'

/** A column of a table whose cells are filled again as rows scroll. */
export interface TableColumn {
  key: string
  label: string
  /** Track of the grid, such as `90px` or `minmax(120px, 2fr)`. */
  width: string
  numeric?: boolean
  sortable?: boolean
  /** Columns that go first where the table is narrow, and even earlier. */
  hide?: 'minor' | 'extra'
  fill(cell: HTMLElement, index: number): void
}

export const textCell = (key: string, label: string, width: string, text: (index: number) => string, more: Partial<TableColumn> = {}): TableColumn => ({
  key,
  label,
  width,
  ...more,
  fill(cell, index) {
    const shown = text(index)
    setText(cell, shown)
    setTitle(cell, shown)
  },
})

const units = new WeakMap<HTMLElement, HTMLElement>()

/** Number and unit; null leaves the cell empty. */
export const measureCell = (key: string, label: string, value: (index: number) => Measure | null, more: Partial<TableColumn> = {}): TableColumn => ({
  key,
  label,
  width: '92px',
  numeric: true,
  ...more,
  fill(cell, index) {
    let unit = units.get(cell)
    if (unit === undefined) {
      cell.append('')
      units.set(cell, (unit = element('span', 'unit', cell)))
    }
    setMeasure(cell, unit, value(index) ?? { text: '', unit: '' })
  },
})

const shares = new WeakMap<HTMLElement, { bar: HTMLElement; text: HTMLElement }>()

/** A share 0..1 as a bar and per cent. */
export const shareCell = (key: string, label: string, share: (index: number) => number, more: Partial<TableColumn> = {}): TableColumn => ({
  key,
  label,
  width: '130px',
  numeric: true,
  ...more,
  fill(cell, index) {
    let parts = shares.get(cell)
    if (parts === undefined) {
      const track = element('span', 'tr-share', cell)
      shares.set(cell, (parts = { bar: element('i', '', track), text: element('span', 'tr-share-text', cell) }))
    }
    const value = share(index)
    setStyle(parts.bar, 'width', `${Math.min(100, value * 100)}%`)
    setText(parts.text, value > 0 ? `${percent(value * 100).text} %` : '')
  },
})
