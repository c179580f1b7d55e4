import { expect, it } from 'vitest'
import { block, comment, key, literal, quote, Raw, sentence } from './print.js'

it('literals read back as what they were', () => {
  const value = { plain: 1, "it's": 'a "quote", it\'s \\ and \\" \n\t\u0000', 'no-name': [true, null, { deep: ['x'] }], gone: undefined, empty: {} }
  for (const text of [literal(value), block(value, 2)]) expect(new Function(`return (${text})`)()).toEqual({ ...value, gone: undefined })
  expect(literal({ gone: undefined })).toBe('{}')
  expect([quote("it's"), key('a1'), key('1a'), literal(new Raw('v.x'))]).toEqual(["'it\\'s'", 'a1', "'1a'", 'v.x'])
})

it('a comment cannot be ended by its text', () => {
  expect(comment(['Matches src/**/*.ts, and */ too.'])).toBe('/** Matches src/**\\/*.ts, and *\\/ too. */\n')
})

it('comments keep paragraphs and lists apart, and lines short', () => {
  const text = comment(['First line\nof a paragraph.\n\n- one\n- two', '', 'word '.repeat(60)], '  ')
  expect(text.split('\n').slice(0, 6)).toEqual(['  /**', '   * First line of a paragraph.', '   *', '   * - one', '   * - two', '   *'])
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(134)
  expect(comment([''])).toBe('')
})

it('a text becomes a sentence once', () => {
  expect([sentence('Lists agents'), sentence('Lists agents.'), sentence('Which?'), sentence('')]).toEqual(['Lists agents.', 'Lists agents.', 'Which?', ''])
})
