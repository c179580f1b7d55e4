import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine } from './csv.js'
import { record, table } from './table.js'
import { fit, printable, width } from './text.js'

const rows = [
  { id: 'a1b2c3d4-0000-4000-8000-000000000001', name: 'Sales Assistant', note: 'a long text that has to give way when the terminal is narrow' },
  { id: 'a1b2c3d4-0000-4000-8000-000000000002', name: '東京サポート 🚀', note: 'short' },
]

describe('table', () => {
  it('lines columns up by cells', () => {
    const lines = table(rows, ['id', 'name', 'note'], undefined).text.split('\n')
    const at = width(lines[0]!.slice(0, lines[0]!.indexOf('NOTE')))
    expect(lines.slice(1).map((line) => width(line.slice(0, line.search(/a long|short/))))).toEqual([at, at])
  })

  it('fits the terminal and keeps identifiers whole', () => {
    for (const columns of [120, 80, 60, 50]) {
      const lines = table(rows, ['id', 'name', 'note'], columns).text.split('\n')
      for (const line of lines) expect(width(line), `${columns}: ${line}`).toBeLessThanOrEqual(columns)
      expect(lines[1]).toContain(rows[0]!.id)
    }
  })

  it('says when columns were left out', () => {
    expect(table(rows, ['id', 'name', 'note'], 40).hidden).toBeGreaterThan(0)
  })

  it('lets no control character through', () => {
    // oxlint-disable-next-line no-control-regex
    expect(table([{ id: '1', name: '\u001b[31mred\u0007\u202e' }], ['id', 'name'], 80).text).not.toMatch(/[\u001b\u0007\u202e]/)
    // oxlint-disable-next-line no-control-regex
    expect(record({ name: '\u001b]0;title\u0007' })).not.toMatch(/[\u001b\u0007]/)
  })
})

describe('text', () => {
  it('is cut between characters, never inside one (P)', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, cells) => {
      const shown = fit(text, cells)
      expect(width(shown)).toBeLessThanOrEqual(Math.max(cells, 1))
      if (shown !== text) expect(text.startsWith(shown.slice(0, -1))).toBe(true)
      const end = fit(text, cells, 'end')
      expect(width(end)).toBeLessThanOrEqual(Math.max(cells, 1))
      if (end !== text) expect(text.endsWith(end.slice(1))).toBe(true)
    }))
  })

  it('of paths in a table keeps the end, where files of one folder differ', () => {
    const rows = ['a', 'b'].map((name) => ({ path: `examples/documents/invoices/2025/${name}.pdf`, status: 'rejected', message: 'the server does not take files of this kind' }))
    expect(table(rows, ['path', 'status', 'message'], 60).text).toMatch(/…\S*\/a\.pdf .*\n…\S*\/b\.pdf /)
  })

  it('keeps newlines and tabs', () => {
    expect(printable('a\n\tb\u001b')).toBe(String.raw`a
	b\u001b`)
  })
})

describe('csv', () => {
  it('quotes as RFC 4180 says', () => {
    expect(csvLine(['a', 'b,c', 'say "hi"', 'two\nlines', 3, null, { x: 1 }])).toBe('a,"b,c","say ""hi""","two\nlines",3,,"{""x"":1}"\r\n')
  })

  it('neutralises formulas but not numbers', () => {
    expect(csvLine(['=1+1', '+cmd', '-5', '-5.5e3', '@x', '-x'])).toBe("'=1+1,'+cmd,-5,-5.5e3,'@x,'-x\r\n")
  })
})
