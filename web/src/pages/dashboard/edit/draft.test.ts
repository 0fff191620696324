import { describe, expect, it } from 'vitest'
import { builtIn, type Dashboard } from '@/model'
import { addWidget, duplicateWidget, patchWidget, removeWidget, setWords, stepWidget } from './draft'

const empty: Dashboard = { name: 'a', layer: '', start: '', widgets: [] }

describe('a draft', () => {
  it('takes new widgets into gaps', () => {
    const one = addWidget(empty, 'line').dashboard
    const two = addWidget(one, 'card')
    expect(two.dashboard.widgets.map(({ id, x, y }) => [id, x, y])).toEqual([['w1', 0, 0], ['w2', 6, 0]])
    expect(duplicateWidget(two.dashboard, 'w2')?.dashboard.widgets[2]).toMatchObject({ id: 'w3', kind: 'card', x: 9, y: 0 })
    expect(removeWidget(two.dashboard, 'w1').widgets).toHaveLength(1)
  })
  it('steps past what stands below and above', () => {
    const both = addWidget(addWidget(empty, 'table').dashboard, 'table').dashboard
    const stacked: Dashboard = { ...both, widgets: both.widgets.map((one, i) => ({ ...one, x: 0, y: i * 6 })) }
    const down = stepWidget(stacked, 'w1', 0, 1)
    expect(down.widgets.map((one) => one.y)).toEqual([6, 0])
    expect(stepWidget(down, 'w1', 0, -1).widgets.map((one) => one.y)).toEqual([0, 6])
    expect(stepWidget(stacked, 'w1', 0, -1)).toBe(stacked)
  })
  it('gives another kind the room it needs', () => expect(patchWidget(addWidget(empty, 'card').dashboard, 'w1', { kind: 'line' }).widgets[0]?.h).toBe(3))
  it('changes one language of two', () => {
    expect(setWords(builtIn('jvm')?.name, 'zh', '新')).toEqual({ en: 'Java virtual machines', zh: '新' })
    expect(setWords('a', 'zh', 'b')).toBe('b')
  })
})
