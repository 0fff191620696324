import uPlot from 'uplot'
import { clock, dateClock } from '../text/instants'
import { figures, spoken, type MeasureKind } from '../text/numbers'

export interface ChartSeries {
  key: string
  label: string
  values: readonly (number | null)[]
  /** A colour for canvas, or a token such as `--accent`. */
  colour: string
  /** `solid` hides what is behind it, as stacked areas do. */
  fill?: boolean | 'solid'
  /** What the legend reads out, where that is not where the line stands. */
  told?: readonly (number | null)[]
  dashed?: boolean
  /** Bars instead of a line: left of their instants (-1), about them (0), or right (1), so that two stand side by side. */
  bars?: -1 | 0 | 1
}
export interface ChartBand {
  low: readonly (number | null)[]
  high: readonly (number | null)[]
}
export interface ChartMark {
  at: number
  label: string
}
export interface ChartInput {
  /** ms since the epoch, ascending. */
  times: readonly number[]
  series: readonly ChartSeries[]
  band?: ChartBand | undefined
  marks?: readonly ChartMark[] | undefined
  kind: MeasureKind
  /** Upper end of the scale at least, such as 100 for per cent. */
  atLeast?: number | undefined
  from: number
  to: number
}
export interface ChartEvents {
  zoom(from: number, to: number): void
  pick(at: number): void
  cursor(index: number | null): void
}

/** Value of a token where a canvas needs it. */
export function resolveColour(element: Element, colour: string): string {
  return colour.startsWith('--') ? getComputedStyle(element).getPropertyValue(colour).trim() : colour
}

/** x, every line, then the two ends of the band. */
export function chartData(input: ChartInput): uPlot.AlignedData {
  const rows: (number | null)[][] = [[...input.times], ...input.series.map((one) => [...one.values])]
  if (input.band) rows.push([...input.band.high], [...input.band.low])
  return rows as unknown as uPlot.AlignedData
}

/** Steps of a scale of calls per minute that are round in the unit they are shown in. */
const RATE_STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120, 300, ...[1, 2, 5].flatMap((n) => [600, 6000, 60_000, 600_000, 6_000_000, 60_000_000].map((size) => n * size))].sort((a, b) => a - b)

/** Labels of a scale, all in the unit of its largest. */
export function scaleLabels(splits: readonly number[], kind: MeasureKind): string[] {
  const most = Math.max(...splits.map(Math.abs))
  if (kind === 'rate') return splits.map((value) => (most >= 60 ? `${figures(value / 60)}/s` : `${figures(value)}/min`))
  if (kind === 'percent') return splits.map((value) => `${figures(value)} %`)
  if (kind === 'score' || kind === 'count') return splits.map((value) => (kind === 'count' && most >= 1e6 ? spoken(value, kind) : figures(value)))
  if (kind === 'duration') {
    const [by, unit] = most >= 60_000 ? [60_000, 'min'] : most >= 1000 ? [1000, 's'] : most >= 1 ? [1, 'ms'] : [0.001, 'µs']
    return splits.map((value) => `${figures(value / by)} ${unit}`)
  }
  return splits.map((value) => spoken(value, kind))
}

function axes(element: Element, input: ChartInput): uPlot.Axis[] {
  const text = resolveColour(element, '--faint')
  const grid = { stroke: resolveColour(element, '--grid'), width: 1 }
  const font = `11px ${resolveColour(element, '--font')}`
  const long = input.to - input.from > 36 * 3_600_000
  return [
    {
      stroke: text, font, grid: { show: false }, ticks: { show: false }, size: 22, gap: 4, space: long ? 110 : 64,
      values: (_u, splits) => splits.map((at) => (long ? dateClock(at).slice(5) : clock(at))),
    },
    {
      stroke: text, font, grid, ticks: { show: false }, size: 56, gap: 6, space: 32,
      values: (_u, splits) => scaleLabels(splits, input.kind),
      ...(input.kind === 'rate' ? { incrs: RATE_STEPS } : {}),
    },
  ]
}

function drawMarks(plot: uPlot, marks: readonly ChartMark[], colour: string): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = colour
  ctx.fillStyle = colour
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.beginPath()
    ctx.arc(x, bbox.top + 3 * devicePixelRatio, 3 * devicePixelRatio, 0, 7)
    ctx.fill()
  }
  ctx.restore()
}

/** Points of a line that stand alone between gaps: no stroke would show them. */
export function lonePoints(values: ArrayLike<number | null | undefined>): number[] {
  const gap = (at: number): boolean => (values[at] ?? null) === null
  return Array.from(values).flatMap((_, at) => (!gap(at) && gap(at - 1) && gap(at + 1) ? [at] : []))
}

/** Options of one chart. Charts of the same `group` share their cursor. `marks` is asked for at every drawing. */
export function chartOptions(element: HTMLElement, input: ChartInput, height: number, group: string, marks: () => readonly ChartMark[], range: () => [number, number], events: ChartEvents): uPlot.Options {
  const lines = input.series.map((one): uPlot.Series => {
    const stroke = resolveColour(element, one.colour)
    return {
      label: one.label, stroke, width: 1.5, spanGaps: false,
      points: one.bars !== undefined ? { show: false } : { show: () => true, size: 5, fill: stroke, filter: (plot, at) => lonePoints(plot.data[at] ?? []) },
      ...(one.bars !== undefined && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: one.bars === 0 ? [0.7, 24] : [0.36, 12], align: one.bars }), width: 0, fill: `color-mix(in srgb, ${stroke} 72%, transparent)` } : {}),
      ...(one.dashed ? { dash: [4, 3] } : {}),
      ...(one.fill ? { fill: one.fill === 'solid' ? `color-mix(in srgb, ${stroke} 40%, ${resolveColour(element, '--surface')})` : `color-mix(in srgb, ${stroke} 14%, transparent)` } : {}),
    }
  })
  const ends: uPlot.Series[] = input.band ? [{ stroke: 'transparent', width: 0, points: { show: false } }, { stroke: 'transparent', width: 0, points: { show: false } }] : []
  const high = lines.length + 1
  return {
    width: Math.max(80, element.clientWidth),
    height,
    ms: 1,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: group },
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false, dist: 6 },
    },
    scales: {
      x: { time: true, range: () => range() },
      y: { range: (_u, _min, max) => [0, Math.max(input.atLeast ?? 0, (max ?? 0) * 1.08) || 1] },
    },
    series: [{}, ...lines, ...ends],
    ...(input.band ? { bands: [{ series: [high, high + 1] as [number, number], fill: resolveColour(element, '--band') }] } : {}),
    axes: axes(element, input),
    hooks: {
      draw: [(plot) => drawMarks(plot, marks(), resolveColour(element, '--muted'))],
      setCursor: [(plot) => events.cursor(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 6) return
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          events.zoom(Math.round(plot.posToVal(left, 'x')), Math.round(plot.posToVal(left + width, 'x')))
        },
      ],
      ready: [
        (plot) => {
          let downAt = 0
          plot.over.addEventListener('mousedown', (event) => (downAt = event.clientX))
          plot.over.addEventListener('click', (event) => {
            const index = plot.cursor.idx
            const at = index === null || index === undefined ? undefined : plot.data[0][index]
            if (Math.abs(event.clientX - downAt) < 4 && at !== undefined) events.pick(at)
          })
        },
      ],
    },
  }
}
