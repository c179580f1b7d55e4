import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAddress } from './address.js'

it.each([
  'http://127.0.0.1:4010/a', 'https://api.example.com/v1/agents/a?limit=2&x=%20', 'http://[::1]:80/', 'http://H/a', 'http://h/a/../b', 'http://h/a/%2E%2e/b', 'http://h/a/./b', 'http://h',
  'http://h?x=1', 'http://h/a#f', 'http://h/ä b', 'http://u:p@h/a', 'https://h:443/a',
])('%s is taken apart as URL does', (address) => {
  const { origin, path } = parseAddress(address)
  const url = new URL(address)
  expect(path).toBe(url.pathname + url.search)
  expect(new URL(origin).origin).toBe(url.origin)
})

it('whatever the path (P)', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '%2e', '%2E', '?', '#', '\\', ' ', '&', '=', 'ä', '%41') }), (tail) => {
    const url = new URL(`http://h/${tail}`)
    expect(parseAddress(`http://h/${tail}`).path).toBe(url.pathname + url.search)
  }))
})
