import { describe, expect, it } from 'vitest'
import { parseMultipart } from './multipart.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array): string => new TextDecoder().decode(value)
const body = (...lines: string[]): Uint8Array => bytes(lines.join('\r\n'))

describe('parseMultipart', () => {
  it('reads fields and files', () => {
    const parts = parseMultipart(body('preamble', '--b', 'Content-Disposition: form-data; name="a"', '', 'one', '--b', 'content-disposition: form-data; name="f"; filename="x.csv"', 'Content-Type: text/csv', '', 'p,q\r\n1,2\r\n', '--b--', ''), 'b')
    expect(parts.map((part) => [part.name, part.filename, part.type, text(part.bytes)])).toEqual([['a', undefined, 'text/plain', 'one'], ['f', 'x.csv', 'text/csv', 'p,q\r\n1,2\r\n']])
  })

  it('reads empty parts, escaped and extended names', () => {
    const parts = parseMultipart(body('--b', 'Content-Disposition: form-data; name="e"', '', '', '--b', `Content-Disposition: form-data; name="f"; filename="a%22b.txt"; filename*=UTF-8''%E2%82%AC.txt`, '', 'x', '--b--'), 'b')
    expect(parts.map((part) => [part.name, part.filename, part.bytes.length])).toEqual([['e', undefined, 0], ['f', '€.txt', 1]])
    expect(parseMultipart(body('--b', 'Content-Disposition: form-data; name="f"; filename="a%22b.txt"', '', 'x', '--b--'), 'b')[0]!.filename).toBe('a"b.txt')
  })

  it('does not end a part at something that only begins like the boundary', () => {
    const [part] = parseMultipart(body('--bound', 'Content-Disposition: form-data; name="a"', '', 'x--bound\r\n-bound\r\n--boun', '--bound--'), 'bound')
    expect(text(part!.bytes)).toBe('x--bound\r\n-bound\r\n--boun')
  })

  it('reads what FormData writes', async () => {
    const form = new FormData()
    form.set('n', '1')
    form.set('file', new File([new Uint8Array([0, 13, 10, 255])], 'ü.bin', { type: 'image/png' }))
    const response = new Response(form)
    const boundary = /boundary=(.*)/.exec(response.headers.get('content-type')!)![1]!
    const parts = parseMultipart(new Uint8Array(await response.arrayBuffer()), boundary)
    expect(parts[1]).toMatchObject({ name: 'file', filename: 'ü.bin', type: 'image/png' })
    expect([...parts[1]!.bytes]).toEqual([0, 13, 10, 255])
  })

  it.each([
    ['no boundary', body('--b', '', 'x'), undefined],
    ['a boundary that does not occur', body('--c', '', ''), 'b'],
    ['no end', body('--b', 'Content-Disposition: form-data; name="a"', '', 'x'), 'b'],
    ['no name', body('--b', 'Content-Disposition: form-data', '', 'x', '--b--'), 'b'],
    ['no disposition', body('--b', '', 'x', '--b--'), 'b'],
    ['headers without end', bytes(`--b\r\n${'a'.repeat(20_000)}`), 'b'],
    ['a boundary of 71 characters', body('--b', '--b--'), 'b'.repeat(71)],
  ])('refuses %s', (_, source, boundary) => {
    expect(() => parseMultipart(source, boundary)).toThrow()
  })

  it('refuses a thousand and one parts', () => {
    const part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    expect(() => parseMultipart(bytes(`${part.repeat(1001)}--b--`), 'b')).toThrow('parts')
  })
})
