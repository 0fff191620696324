import type { TableColumn } from './cells'
import { createNameCell, type NameCell } from './nameCell'

/** Elements of each cell of a table that shows a name, made once. */
const names = new WeakMap<HTMLElement, NameCell>()

/** The column that says which span a row shows; `fill` writes it. */
export const nameColumn = (label: string, width: string, fill: (parts: NameCell, index: number) => void): TableColumn => ({
  key: 'name',
  label,
  width,
  fill(cell, index) {
    let parts = names.get(cell)
    if (parts === undefined) {
      names.set(cell, (parts = createNameCell(cell)))
      // The cell of the table has the role.
      parts.cell.removeAttribute('role')
    }
    fill(parts, index)
  },
})
