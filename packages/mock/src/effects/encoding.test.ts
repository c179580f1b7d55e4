import { describe, expect, it } from 'vitest'
import { parseCsv } from './csv.js'
import { decode, isText } from './encoding.js'
import { chunk, rank } from './search.js'
import { readText } from './text.js'

const utf8 = (text: string) => new TextEncoder().encode(text)
const bytes = (...values: number[]) => Uint8Array.from(values)
const read = (name: string, content: Uint8Array) => readText({ name, type: '', bytes: content })
const TEXT = 'Größe: 5 € für José'

describe('encodings', () => {
  it('reads UTF-8 with and without a mark, UTF-16 by its mark, and what old programs wrote', () => {
    expect(decode(utf8(TEXT))).toBe(TEXT)
    expect(decode(utf8(`\ufeff${TEXT}`))).toBe(TEXT)
    expect(decode(Uint8Array.from(Buffer.from(`\ufeff${TEXT}`, 'utf16le')))).toBe(TEXT)
    expect(decode(Uint8Array.from(Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16()))).toBe(TEXT)
    expect(decode(bytes(0x47, 0x72, 0xf6, 0xdf, 0x65, 0x20, 0x80))).toBe('Größe €')
    expect(decode(bytes())).toBe('')
  })

  it('does not take a text for another one because of one broken byte', () => {
    expect(decode(Uint8Array.from([...utf8('äöü und '), 0xff, ...utf8(' ß')]))).toBe('äöü und \ufffd ß')
    expect(decode(utf8('cut: ä').slice(0, -1)), 'cut in the middle of the only letter').toMatch(/^cut: /)
  })

  it('tells text from the rest', () => {
    expect(isText(utf8(TEXT))).toBe(true)
    expect(isText(Uint8Array.from(Buffer.from(`\ufeff${TEXT}`, 'utf16le')))).toBe(true)
    expect(isText(bytes(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13))).toBe(false)
    expect(isText(bytes(1, 2, 3, 4, 5, 6))).toBe(false)
    expect(isText(bytes())).toBe(true)
  })
})

describe('odd inputs', () => {
  it('line ends of every kind', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      expect(await read('a.txt', utf8(`one${end}two${end}`)), JSON.stringify(end)).toBe('one\ntwo\n')
      expect(parseCsv(`a,b${end}1,"x${end}y"${end}2,z${end}`), JSON.stringify(end)).toEqual([['a', 'b'], ['1', `x${end}y`], ['2', 'z']])
    }
    expect(parseCsv('a,b\r\n\r\n1,2')).toEqual([['a', 'b'], ['1', '2']])
  })

  it('finds the delimiter beside what is quoted, behind a mark and empty lines', () => {
    expect(parseCsv('"a,b,c";d\n1;2')).toEqual([['a,b,c', 'd'], ['1', '2']])
    expect(parseCsv('\ufeffname;city\nAda;London')).toEqual([['name', 'city'], ['Ada', 'London']])
    expect(parseCsv('\n\nname;city\nAda;London')).toEqual([['name', 'city'], ['Ada', 'London']])
    expect(parseCsv('only')).toEqual([['only']])
    expect(parseCsv('')).toEqual([])
    expect(parseCsv('a,"never closed\n1,2')).toEqual([['a', 'never closed\n1,2']])
    expect(parseCsv('a,""\n"",b')).toEqual([['a', ''], ['', 'b']])
  })

  it('one line of megabytes costs no more than its length, and cuts no character', async () => {
    const line = '👍'.repeat(400_000)
    const text = await read('huge.txt', utf8(line))
    const started = process.cpuUsage().user
    const chunks = chunk(text)
    expect(chunks.join('')).toBe(line)
    expect(chunks.every((one) => !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(one)), 'no half of a pair').toBe(true)
    rank(chunks.slice(0, 200).map((one) => ({ text: one, source: 0 })), 'thumb')
    parseCsv(`a,b\n${'x'.repeat(2_000_000)},y`)
    expect((process.cpuUsage().user - started) / 1e6, 'seconds').toBeLessThan(20)
  })

  it('nothing, and files that are not what their name says', async () => {
    for (const name of ['a.txt', 'a.csv', 'a.json', 'a.html', 'a.eml', 'a.docx', 'a.xlsx', 'a.pdf', 'a.xml', 'a']) {
      expect(await read(name, bytes()), `${name}: empty`).toBe('')
      expect(await read(name, bytes(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13, 0xff, 0xfe, 0)), `${name}: a picture`).not.toContain('undefined')
      expect(typeof (await read(name, utf8('<p>half <b>open'))), name).toBe('string')
    }
  })

  it('mail as programs send it', async () => {
    const mail = (headers: string[], body: string): Uint8Array => utf8([...headers, '', body].join('\r\n'))
    expect(await read('a.eml', mail(['Subject: =?ISO-8859-1?Q?Gr=FC=DFe?=', 'Content-Type: text/plain; charset=iso-8859-1', 'Content-Transfer-Encoding: quoted-printable'], 'Gr=FC=DFe =80'))).toContain('Grüße')
    expect(await read('b.eml', mail(['From: a@b.c', 'Content-Type: multipart/alternative; boundary=x'], '--x\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nUGxhaW4gw7xiZXI=\r\n--x--'))).toContain('Plain über')
    expect(await read('c.eml', mail(['Content-Type: multipart/mixed; boundary=never'], 'no part at all'))).toBe('')
  })

  it('entities and scripts of a page', async () => {
    expect(await read('a.html', utf8('<title>no</title><script>var x="<p>no</p>"</script><p>Caf&eacute; &amp; &#8364;5 &copy; &unknown;</p>'))).toContain('Café & €5 © &unknown;')
  })
})
