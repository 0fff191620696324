import { describe, expect, it } from 'vitest'
import { formatSql, shortStatement, SQL_LIMIT, sqlTokens } from './sql'

const text = (statement: string): string => formatSql(statement).map((token) => token.text).join('')

describe('statements', () => {
  it('are broken at their clauses', () => {
    expect(text('select * from orders where customer_id = ? and status in (?, ?) order by id limit 5')).toBe(
      'select *\nfrom orders\nwhere customer_id = ?\n  and status in (?, ?)\norder by id\nlimit 5',
    )
    expect(text('DELETE FROM t WHERE a BETWEEN 1 AND 2 AND b=3')).toBe('DELETE FROM t\nWHERE a BETWEEN 1 AND 2\n  AND b=3')
    expect(text('select a from x left join y on x.i=y.i where i in (select 1 from z where q = 2)')).toBe(
      'select a\nfrom x\nleft join y on x.i=y.i\nwhere i in (\n  select 1\n  from z\n  where q = 2)',
    )
    expect(text('SELECT LEFT(n, 3) FROM t FOR UPDATE')).toBe('SELECT LEFT(n, 3)\nFROM t FOR UPDATE')
  })

  it('keep every character that is not blank, whatever they are', () => {
    const odd = ["'it''s", '"a\\"', '/* open', '-- x\nselect', '`q', '<script>alert(1)</script>', '\u{1f4a5} ()))((', 'select \u0000', '#']
    for (const statement of odd) {
      expect(sqlTokens(statement).map((token) => token.text).join('')).toBe(statement)
      expect(text(statement).replace(/\s/g, '')).toBe(statement.replace(/\s/g, ''))
    }
  })

  it('highlight by kind, and keywords inside texts are texts', () => {
    expect(sqlTokens("WHERE a = 'SELECT'").filter((token) => token.kind === 'keyword').map((token) => token.text)).toEqual(['WHERE'])
  })

  it('that are very long stay as they are', () => {
    const long = 'select '.repeat(SQL_LIMIT)
    expect(formatSql(long)).toEqual([{ kind: 'name', text: long }])
  })
})

it('a statement is one short line where rows show it', () => {
  expect(shortStatement('SELECT *\n  FROM orders\tWHERE id = ? ')).toBe('SELECT * FROM orders WHERE id = ?')
  const long = shortStatement(`SELECT ${'a, '.repeat(500)}`)
  expect(long).toHaveLength(160)
  expect(long.endsWith('…')).toBe(true)
  expect(shortStatement(`SELECT 1${' '.repeat(5000)}FROM t`)).toBe('SELECT 1…')
})
