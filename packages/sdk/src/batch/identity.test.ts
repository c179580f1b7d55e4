import fc from 'fast-check'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canonical, hashBytes, hashFile, itemId } from './identity.js'

const to = { system: 'flexorch', baseUrl: 'https://a', operation: 'documents.process', path: {} }

describe('identity', () => {
  it('is the same for the same content, destination and parameters, in whatever order', () => {
    expect(itemId(to, { a: 1, b: { c: 2, d: 3 } }, 'x')).toBe(itemId({ ...to, baseUrl: 'https://a/' }, { b: { d: 3, c: 2 }, a: 1, e: undefined }, 'x'))
  })

  it('differs with any of them', () => {
    const ids = [itemId(to, {}, 'x'), itemId(to, {}, 'y'), itemId(to, { locale: 'en' }, 'x'), itemId({ ...to, baseUrl: 'https://b' }, {}, 'x'), itemId({ ...to, path: { id: 1 } }, {}, 'x'), itemId({ ...to, operation: 'o' }, {}, 'x')]
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('canonical text is JSON that says the same', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }))
  })

  it('hashes files as bytes', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'orkit-id-')), 'f')
    const bytes = Buffer.alloc(700_000, 'abc')
    writeFileSync(file, bytes)
    expect(await hashFile(file)).toEqual({ sha256: hashBytes(bytes), size: bytes.length })
  })
})
