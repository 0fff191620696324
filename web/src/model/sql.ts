/** Letters of a statement that a row has room for, and those that are looked at for them. */
const SHORT = 160

/** A statement as one short line. */
export function shortStatement(statement: string): string {
  const line = statement.slice(0, 4 * SHORT).replace(/\s+/g, ' ').trim()
  return line.length < SHORT && statement.length <= 4 * SHORT ? line : `${line.slice(0, SHORT - 1)}…`
}

/** A piece of a statement; whatever the kind, it is shown as text. */
export interface SqlToken {
  kind: 'keyword' | 'name' | 'text' | 'number' | 'symbol' | 'comment' | 'blank'
  text: string
}

/** Longer statements are shown as they came, so that no input costs more than this. */
export const SQL_LIMIT = 20_000

const KEYWORDS = new Set(
  ('ADD ALL ALTER AND ANY AS ASC BEGIN BETWEEN BY CALL CASE CAST COMMIT CREATE CROSS DELETE DESC DISTINCT DROP DUPLICATE ELSE END ESCAPE EXCEPT EXISTS EXPLAIN FALSE FOR ' +
    'FROM FULL GROUP HAVING IF IGNORE IN INDEX INNER INSERT INTERSECT INTERVAL INTO IS JOIN KEY LEFT LIKE LIMIT LOCK MERGE NATURAL NOT NULL OFFSET ON OR ORDER OUTER OVER ' +
    'PARTITION PRIMARY REPLACE RETURNING RIGHT ROLLBACK SELECT SET SHARE SHOW TABLE THEN TRUE TRUNCATE UNION UNIQUE UPDATE USING VALUES WHEN WHERE WITH').split(' '),
)

const PIECE = /(\s+)|(--[^\n]*|#[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$))|(`[^`]*(?:`|$)|[\p{L}_@$][\p{L}\p{N}_@$]*)|(\d+(?:\.\d+)?)|([\s\S])/gu

/** Splits a statement; the texts of the tokens joined give the statement again. */
export function sqlTokens(statement: string): SqlToken[] {
  const tokens: SqlToken[] = []
  for (const [text, blank, comment, quoted, name, number] of statement.matchAll(PIECE)) {
    if (blank !== undefined) tokens.push({ kind: 'blank', text })
    else if (comment !== undefined) tokens.push({ kind: 'comment', text })
    else if (quoted !== undefined) tokens.push({ kind: 'text', text })
    else if (name !== undefined) tokens.push({ kind: KEYWORDS.has(text.toUpperCase()) ? 'keyword' : 'name', text })
    else if (number !== undefined) tokens.push({ kind: 'number', text })
    else tokens.push({ kind: 'symbol', text })
  }
  return tokens
}

/** Keywords that begin a line of their own, with the indentation of that line. */
const CLAUSES: Record<string, number> = {
  SELECT: 0, FROM: 0, WHERE: 0, GROUP: 0, HAVING: 0, ORDER: 0, LIMIT: 0, OFFSET: 0, UNION: 0, EXCEPT: 0, INTERSECT: 0, INSERT: 0, VALUES: 0, UPDATE: 0, SET: 0, DELETE: 0, RETURNING: 0, WITH: 0,
  AND: 1, OR: 1, JOIN: 0, LEFT: 0, RIGHT: 0, INNER: 0, FULL: 0, CROSS: 0, NATURAL: 0,
}
/** A clause does not begin a line behind these: `DELETE FROM`, `LEFT JOIN`, `FOR UPDATE`, `ON DUPLICATE KEY UPDATE`. */
const GLUED: Record<string, RegExp> = {
  FROM: /^DELETE$/, JOIN: /^(LEFT|RIGHT|INNER|OUTER|FULL|CROSS|NATURAL)$/, UPDATE: /^(FOR|KEY|ON)$/, DELETE: /^ON$/, SET: /^ON$/, SELECT: /^EXPLAIN$/, INNER: /^NATURAL$/, LEFT: /^NATURAL$/,
}

/** Breaks a statement into lines by clause; within brackets and BETWEEN nothing is broken, except subqueries. */
export function formatSql(statement: string): SqlToken[] {
  if (statement.length > SQL_LIMIT) return [{ kind: 'name', text: statement }]
  const out: SqlToken[] = []
  const nested: boolean[] = [] // for each open bracket whether it holds a query
  let word = ''
  let between = false
  const tokens = sqlTokens(statement.trim())
  tokens.forEach((token, index) => {
    if (token.kind === 'blank') {
      if (out.length > 0 && out[out.length - 1]!.kind !== 'blank') out.push({ kind: 'blank', text: ' ' })
      return
    }
    const upper = token.kind === 'keyword' ? token.text.toUpperCase() : ''
    if (token.text === '(') nested.push(opensQuery(tokens, index + 1))
    else if (token.text === ')') nested.pop()
    const inside = nested.length > 0 && !nested[nested.length - 1]
    const joins = upper === 'AND' && between
    if (out.length > 0 && upper in CLAUSES && !inside && !joins && !GLUED[upper]?.test(word) && !isCall(tokens, upper, index)) {
      breakLine(out, nested.length + CLAUSES[upper]!)
    }
    if (upper === 'BETWEEN') between = true
    else if (joins) between = false
    if (upper !== '') word = upper
    else if (token.kind !== 'comment') word = ''
    out.push(token)
    if (token.kind === 'comment' && !token.text.startsWith('/*')) breakLine(out, nested.length)
  })
  return out
}

/** `LEFT(name, 3)`, `REPLACE(…)` and `VALUES(…)` of an update are functions. */
function isCall(tokens: SqlToken[], upper: string, index: number): boolean {
  return (upper === 'LEFT' || upper === 'RIGHT') && tokens[index + 1]?.text === '('
}

function opensQuery(tokens: SqlToken[], from: number): boolean {
  const next = tokens.slice(from, from + 2).find((token) => token.kind !== 'blank')
  return next !== undefined && /^(SELECT|WITH)$/i.test(next.text)
}

function breakLine(out: SqlToken[], indent: number): void {
  if (out[out.length - 1]?.kind === 'blank') out.pop()
  out.push({ kind: 'blank', text: `\n${'  '.repeat(indent)}` })
}
