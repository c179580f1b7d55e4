import { expect, it } from 'vitest'
import { accepted, contentKey } from './negotiate.js'

it.each([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['*/*;q=0.8', 'application/json'],
  ['text/event-stream', 'text/event-stream'],
  ['text/*', 'text/event-stream'],
  ['application/json;q=0.1, text/event-stream', 'text/event-stream'],
  ['text/event-stream;q=0, */*', 'application/json'],
  ['application/json;charset=utf-8', 'application/json'],
  ['image/png', undefined],
  ['application/json;q=0', undefined],
])('Accept %s takes %s', (accept, expected) => {
  expect(accepted(accept, ['application/json', 'text/event-stream'])).toBe(expected)
})

it('finds the content of a type, of its group, of anything', () => {
  expect(contentKey({ 'application/json': 1 }, 'application/json')).toBe('application/json')
  expect(contentKey({ 'application/json': 1 }, 'application/problem+json')).toBe('application/json')
  expect(contentKey({ 'image/*': 1 }, 'image/png')).toBe('image/*')
  expect(contentKey({ '*/*': 1 }, 'a/b')).toBe('*/*')
  expect(contentKey({ 'application/json': 1 }, 'text/plain')).toBeUndefined()
})
