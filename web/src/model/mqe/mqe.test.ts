import { describe, expect, it } from 'vitest'
import { complete, usualLabels, type Catalogue } from './complete'
import { faultPlace } from './fault'
import { mqeTokens } from './tokens'

const catalogue: Catalogue = {
  metrics: ['service_cpm', 'service_percentile', 'endpoint_cpm', '5xx_cpm'].map((name) => ({ name, type: name.endsWith('percentile') ? 'LABELED_VALUE' : 'REGULAR_VALUE', catalog: 'SERVICE' })),
  labels: usualLabels,
  layers: ['GENERAL', 'VIRTUAL_CACHE'],
}
/** Completes at the bar in the text. */
const at = (text: string): { labels: string[]; result: string } => {
  const cursor = text.indexOf('|')
  const expression = text.replace('|', '')
  const { from, to, items } = complete(expression, cursor, catalogue)
  return { labels: items.map((one) => one.label), result: items[0] ? expression.slice(0, from) + items[0].insert + expression.slice(to) : '' }
}

describe('words of MQE', () => {
  it('are told apart as the server does', () => {
    expect(mqeTokens("5xx_cpm{p='50,99'} >= 1.5").map(({ kind, text }) => `${kind} ${text}`)).toEqual(['name 5xx_cpm', 'open {', 'name p', 'operator =', "text '50,99'", 'close }', 'operator >=', 'number 1.5'])
  })
  it('cover the text whatever it holds', () => {
    for (const text of ["a{p='5", '"', '😀 + §', "''''", '1.2.3', 'a'.repeat(5000)]) {
      const tokens = mqeTokens(text)
      expect(tokens.map((one) => one.text).join('')).toBe(text.replace(/\s/g, ''))
      expect(tokens.every((one) => text.slice(one.from, one.to) === one.text)).toBe(true)
    }
    expect(mqeTokens("{p='5")[3]?.unfinished).toBe(true)
  })
})

describe('completion', () => {
  it('names of metrics and functions', () => {
    expect(at('serv|').labels).toEqual(['service_cpm', 'service_percentile'])
    expect(at('avg(cpm|)')).toEqual({ labels: ['5xx_cpm', 'service_cpm', 'endpoint_cpm'], result: 'avg(5xx_cpm)' })
    expect(at('100 - av|').result).toBe('100 - avg(')
    expect(at('|').labels).toContain('top_n')
    expect(at('service_cp|mx').result).toBe('service_cpm')
  })
  it('labels and their values', () => {
    expect(at('service_percentile{|').result).toBe("service_percentile{p='")
    expect(at("service_percentile{p='|").labels).toEqual(['50', '75', '90', '95', '99'])
    expect(at("service_percentile{p='50,9|'}")).toEqual({ labels: ['90', '95', '99'], result: "service_percentile{p='50,90'}" })
    expect(at("service_percentile{p='50,|99'}").labels).toEqual(['75', '90', '95'])
    expect(at('service_cpm{|}').labels).toEqual([])
  })
  it('arguments of a ranking', () => {
    expect(at('top_n(|').labels).not.toContain('service_percentile')
    expect(at('top_n(service_cpm,10,|').labels).toEqual(['des', 'asc'])
    expect(at('top_n(service_cpm,10,des,|').result).toBe("top_n(service_cpm,10,des,attr0='")
    expect(at("top_n(service_cpm,10,des,attr0='|')").labels).toEqual(['GENERAL', 'VIRTUAL_CACHE'])
  })
  it('nothing behind an operand', () => expect(at('service_cpm |').labels).toEqual([]))
})

describe('the place of an error', () => {
  it.each([
    ['service_cpm +', "line 1:13 mismatched input '<EOF>' expecting a metric", 13, 13],
    ['top_n(service_cpm,x,des)', "line 1:18 mismatched input 'x' expecting a whole number", 18, 19],
    ['a +\n  ?', "line 2:2 token recognition error at: '?'", 6, 7],
    ['😀', "line 1:0 token recognition error at: '😀'", 0, 2],
    ['1 + service_cpmm', 'Metric: [service_cpmm] does not exist.', 4, 16],
  ])('of %j', (expression, message, from, to) => expect(faultPlace(expression, message)).toMatchObject({ from, to }))
  it('is not guessed', () => expect(faultPlace('a + b', 'Unsupported binary operation: Unsupported operation.')).toBeNull())
})
