import { describe, expect, it } from 'vitest'
import { stackLines } from './stack'

const kinds = (stack: string): string[] => stackLines(stack).map((line) => line.kind)

describe('stacks', () => {
  it('of Java tell causes, frames of libraries and own frames apart', () => {
    const stack = 'java.sql.SQLException: Lock wait timeout exceeded\n\tat com.mysql.cj.jdbc.Driver.run(Driver.java:3)\n\tat shop.orders.Store.insert(Store.java:88)\nCaused by: java.io.IOException: x\n\t... 12 more'
    expect(kinds(stack)).toEqual(['cause', 'library', 'own', 'cause', 'note'])
  })

  it('of Python do as well', () => {
    expect(kinds('Traceback (most recent call last):\n  File "/srv/app/main.py", line 3, in f\n  File "/x/site-packages/flask/app.py", line 4, in g\nValueError: <img src=x>')).toEqual(['cause', 'own', 'library', 'cause'])
  })

  it('of anything else are notes', () => {
    expect(kinds('something broke\n\n\nreally')).toEqual(['note', 'note'])
  })
})
