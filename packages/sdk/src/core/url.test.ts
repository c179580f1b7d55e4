import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from './errors/base.js'
import { basePath, expandPath, parseBase, queryString } from './url.js'

describe('path parameters', () => {
  it.each(['', ' ', '.', '..', '%2e%2e', '%2E%2e', '.%2e', '%252e%252e', '../x', 'x/../y', '..\\x', '%2e%2e%2fx', '..;x', '..;', '.;a=b', '%2e%2e;x'])('refuses %j', (id) => {
    expect(() => expandPath('/items/{id}', { id })).toThrow(InvalidArgumentError)
  })
  it('refuses what is missing or not a value', () => {
    expect(() => expandPath('/items/{id}', {})).toThrow(/id is missing/)
    expect(() => expandPath('/items/{id}', { id: null as never })).toThrow(/missing/)
    expect(() => expandPath('/items/{id}', { id: {} as never })).toThrow(/string or a number/)
    expect(() => expandPath('/items/{id}', { id: '\ud800' })).toThrow(InvalidArgumentError)
    expect(() => expandPath('/items/{constructor}', {})).toThrow(/missing/)
  })
  it('encodes the rest', () => {
    expect(expandPath('/items/{id}/x', { id: 'a b/c?d#e' })).toBe('/items/a%20b%2Fc%3Fd%23e/x')
    expect(expandPath('/items/{id}', { id: 7 })).toBe('/items/7')
    expect(expandPath('/items/{id}', { id: 'builtin:code.v1..2' })).toBe('/items/builtin%3Acode.v1..2')
  })
  it('stays one segment below its parent (P)', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (id) => {
      let path: string
      try {
        path = expandPath('/v1/items/{id}/x', { id })
      } catch {
        return
      }
      const { pathname } = new URL(`https://h${path}`)
      expect(pathname.split('/')).toHaveLength(5)
      expect(pathname.startsWith('/v1/items/')).toBe(true)
      expect(decodeURIComponent(pathname.split('/')[3]!)).toBe(id)
    }))
  })
})

it('builds queries', () => {
  expect(queryString('', { a: 1, b: [true, 'x y'], c: undefined, d: null, e: new Date(0), f: { g: 1 } })).toBe('?a=1&b=true&b=x%20y&e=1970-01-01T00%3A00%3A00.000Z&f=%7B%22g%22%3A1%7D')
  expect(queryString('?k=v', { a: 1 }, undefined, { b: 2 })).toBe('?k=v&a=1&b=2')
  expect(queryString('', undefined, {})).toBe('')
})

describe('base URL', () => {
  it('keeps path and query', () => {
    expect(parseBase('https://h.example/a/b/?tenant=1')).toMatchObject({ origin: 'https://h.example', path: '/a/b', search: '?tenant=1' })
  })
  it('refuses credentials in the clear', () => {
    expect(() => parseBase('http://api.example.com')).toThrow(/plain http/)
    expect(parseBase('http://api.example.com', true).host).toBe('api.example.com')
    for (const host of ['localhost:1', '127.0.0.1:1', '[::1]:1', 'x.localhost']) expect(parseBase(`http://${host}`).origin).toBe(`http://${host}`)
    for (const host of ['localhost.evil.com', '127.0.0.1.evil.com']) expect(() => parseBase(`http://${host}`)).toThrow(/plain http/)
    expect(() => parseBase('https://u:p@h')).toThrow(/credentials/)
    expect(() => parseBase('ftp://h')).toThrow(/http/)
    expect(() => parseBase('nonsense')).toThrow(InvalidArgumentError)
  })
  it('places operations beside it', () => {
    const op = { id: 'o', method: 'GET', path: '/ws', base: '' } as const
    expect(basePath(parseBase('https://h/api/v1'), op, 'https://h/api/v1')).toBe('')
    expect(basePath(parseBase('http://127.0.0.1:1/orca/api/v1'), op, 'https://h/api/v1')).toBe('/orca')
    expect(basePath(parseBase('http://127.0.0.1:1/orca'), { ...op, base: undefined }, 'https://h/api/v1')).toBe('/orca')
  })
})
