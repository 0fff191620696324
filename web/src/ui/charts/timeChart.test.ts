import { expect, it, vi } from 'vitest'

vi.mock('uplot', () => ({ default: class {} }))
const { lonePoints, scaleLabels } = await import('./timeChart')

it('labels of a scale share one unit', () => {
  expect(scaleLabels([0, 30, 60], 'rate')).toEqual(['0/s', '0.5/s', '1/s'])
  expect(scaleLabels([0, 10, 20], 'rate')).toEqual(['0/min', '10/min', '20/min'])
  expect(scaleLabels([0, 500, 1500], 'duration')).toEqual(['0 s', '0.5 s', '1.5 s'])
  expect(scaleLabels([0, 5, 10], 'percent')).toEqual(['0 %', '5 %', '10 %'])
})

it('points between gaps stand alone', () => expect(lonePoints([1, null, 2, 3, null, 4])).toEqual([0, 5]))
