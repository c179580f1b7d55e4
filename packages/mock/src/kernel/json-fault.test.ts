import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonFault } from './json-fault.js'

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

it('takes what JSON.parse takes and nothing else', () => {
  const valid = fc.json({ maxDepth: 4 })
  // A character put in, taken out or exchanged: most of these are nearly JSON.
  const damaged = fc.tuple(valid, fc.nat(), fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '0', '-', 'e', '.', 'u', 't', ' ', '\n', '\u0001', ''), fc.boolean())
    .map(([text, where, put, over]) => text.slice(0, where % (text.length + 1)) + put + text.slice((where % (text.length + 1)) + (over ? 1 : 0)))
  const made = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '\\', '\\u12', 'true', 'nul', '1', '-', '01', '1.', '2e+', ' '), { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(fc.property(fc.oneof(valid, damaged, made, fc.string()), (text) => {
    expect(jsonFault(text) === undefined, text).toBe(parses(text))
  }), { numRuns: 3_000 })
})

it.each([
  ['', 'it ends too early, at position 0'],
  ['{"nam', 'it ends too early, at position 5'],
  ['{"a":"\\u12', 'it ends too early, at position 10'],
  ['{"a":1', 'it ends too early, at position 6'],
  ["{'a':1}", 'unexpected "\'" at position 1'],
  ['{"a":1,}', 'unexpected "}" at position 7'],
  ['[1,]', 'unexpected "]" at position 3'],
  ['{"a" 1}', 'unexpected "1" at position 5'],
  ['nope', 'unexpected "o" at position 1'],
  ['01', 'unexpected "1" at position 1'],
  ['"a\nb"', 'unexpected "\\n" at position 2'],
  ['[🤖]', 'unexpected "🤖" at position 1'],
  ['{} {}', 'unexpected "{" at position 3'],
])('%j: %s', (text, fault) => expect(jsonFault(text)).toBe(fault))

it('takes no longer than the text is long', () => {
  expect(jsonFault(`${'[1,'.repeat(500)}"${'x'.repeat(4_000_000)}`)).toBe('it ends too early, at position 4001501')
  expect(jsonFault(`"${'\\u00e9'.repeat(500_000)}" x`)).toBe('unexpected "x" at position 3000003')
})
