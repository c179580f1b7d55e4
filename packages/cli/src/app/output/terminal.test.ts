import fc from 'fast-check'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { fakeIo } from '../../../test/io.js'
import { commandHelp } from '../help.js'
import { styledHelp } from '../help.js'
import { resolveSettings } from '../resolve.js'
import { outputFormats } from '../settings.js'
import { render } from './render.js'
import { canLink, plainStyle, styleOf } from './style.js'
import { record, table } from './table.js'
import { width } from './text.js'
import { timeAgo } from './time-ago.js'

const esc = '\u001b'

describe('nothing of a server steers the terminal', () => {
  // Escape, CSI and OSC as C0 and as C1, bidirectional overrides, bells, backspaces, returns.
  // oxlint-disable-next-line no-control-regex
  const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/
  const nasty = fc.array(fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('\u001b[2J', '\u001b]0;title\u0007', '\u001b]8;;http://evil/\u001b\\', '\u009b31m', '\u009d0;x\u009c', '\u202eexe.txt', '\u2066', '\r', '\b', '\u0000', '\u007f')), { maxLength: 6 }).map((parts) => parts.join(''))
  const row = fc.dictionary(nasty, fc.oneof(nasty, fc.array(nasty, { maxLength: 3 }), fc.dictionary(nasty, nasty, { maxKeys: 2 })), { maxKeys: 4 })

  it.each(outputFormats)('in -o %s (P)', async (output) => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(row, fc.array(row, { maxLength: 3 }), nasty), async (value) => {
        const io = fakeIo({ tty: 80, env: { NO_COLOR: '1' } })
        const settings = resolveSettings({ output }, io)
        await render({ kind: 'value', value }, io, settings)
        await render({ kind: 'rows', rows: [value].flat() }, io, settings)
        // CSV ends its lines as RFC 4180 says.
        expect(io.out().replaceAll('\r\n', '\n')).not.toMatch(control)
        expect(io.err()).not.toMatch(control)
      }),
      { numRuns: 60 },
    )
  })

  it('and JSON is still the same JSON (P)', async () => {
    await fc.assert(
      fc.asyncProperty(row, async (value) => {
        const io = fakeIo({ tty: 80 })
        await render({ kind: 'value', value }, io, resolveSettings({ output: 'json' }, io))
        expect(JSON.parse(io.out())).toEqual({ ...value })
      }),
    )
  })

  it('text as it streams in, and files: what is no text is refused, unless it is asked for', async () => {
    const bytes = (...parts: number[][]) => (async function* () { for (const part of parts) yield Uint8Array.from(part) })()
    const shown = async (globals: Record<string, unknown>, tty: number | undefined, ...parts: number[][]) => {
      const io = fakeIo(tty === undefined ? {} : { tty })
      await render({ kind: 'bytes', stream: bytes(...parts) }, io, resolveSettings(globals, io))
      return io.out()
    }
    expect(await shown({}, 80, [0x61, 0x1b, 0x62])).toBe(String.raw`a\u001bb`)
    // Two bytes of one letter in two chunks.
    expect(await shown({}, 80, [0xc3], [0xa9, 0x0a])).toBe('é\n')
    await expect(shown({}, 80, [0x25, 0x50, 0x44, 0x46, 0xff, 0xfe])).rejects.toThrow('no text')
    await expect(shown({}, 80, [0x50, 0x4b, 0x00])).rejects.toThrow('no text')
    expect(await shown({ output: 'raw' }, 80, [0x1b])).toBe(esc)
    expect(await shown({}, undefined, [0x1b])).toBe(esc)
    const io = fakeIo({ tty: 80 })
    await render({ kind: 'text', chunks: (async function* () { yield { text: '\u009b31mred\u0007', event: {} } })() }, io, resolveSettings({}, io))
    expect(io.out()).toBe('\\u009b31mred\\u0007\n')
  })
})

describe('links', () => {
  const linked = (env: Record<string, string>, tty: number | undefined = 80, noColor = false) => {
    const io = fakeIo(tty === undefined || tty === 0 ? { env } : { env, tty })
    return canLink(io, io.stdout, noColor)
  }
  it.each<[string, Record<string, string>]>([['iTerm', { TERM_PROGRAM: 'iTerm.app' }], ['VS Code', { TERM_PROGRAM: 'vscode' }], ['GNOME Terminal', { VTE_VERSION: '6800' }], ['Windows Terminal', { WT_SESSION: 'x' }], ['kitty', { TERM: 'xterm-kitty' }], ['Konsole', { KONSOLE_VERSION: '220401' }], ['told to', { FORCE_HYPERLINK: '1' }]])('%s', (_, env) => {
    expect(linked(env)).toBe(true)
    expect(linked(env, 0)).toBe(false)
    expect(linked(env, 80, true)).toBe(false)
    expect(linked({ ...env, NO_COLOR: '1' })).toBe(false)
    expect(linked({ ...env, FORCE_HYPERLINK: '0' })).toBe(false)
  })
  it.each<[string, Record<string, string>]>([['nobody knows', {}], ['an old VTE', { VTE_VERSION: '4205' }], ['dumb', { TERM: 'dumb', FORCE_HYPERLINK: '1' }], ['CI', { CI: 'true', TERM_PROGRAM: 'vscode' }]])('not for %s', (_, env) => expect(linked(env)).toBe(false))

  const io = fakeIo({ tty: 60, env: { TERM_PROGRAM: 'WezTerm' } })
  const style = styleOf(io, io.stdout, false)
  it('an address that is cut still opens whole, and takes no cells', () => {
    const url = 'https://files.example.com/claims/a-very-long-name-of-a-claim.pdf'
    const { text } = table([{ id: '1', url }, { id: '2', url: 'none' }], ['id', 'url'], 40, style)
    expect(text).toContain(`${esc}]8;;${url}${esc}\\`)
    for (const line of text.split('\n')) expect(width(stripVTControlCharacters(line))).toBeLessThanOrEqual(40)
  })
  it('nothing in an address ends the sequence', () => {
    expect(style.link('x', 'https://example.com/\u0007\u001b\\evil')).toBe(`${esc}]8;;https://example.com/%07%1B/evil${esc}\\x${esc}]8;;${esc}\\`)
    expect(style.link('x', 'javascript:alert(1)')).toBe('x')
    expect(style.link('x', 'nowhere')).toBe('x')
  })
  it('in help: titles and addresses stand out, words and places stay', () => {
    const help = commandHelp({ path: ['a', 'b'], summary: 'Does it', args: [], flags: [], facts: [['Vendor docs', 'https://example.com/docs']], examples: ['--x'], load: () => Promise.reject(new Error('never')) })
    const shown = styledHelp(help, style)
    expect(shown).toContain(`${esc}]8;;https://example.com/docs${esc}\\https://example.com/docs`)
    expect(shown).toContain(`${esc}[1mExamples:${esc}[22m`)
    expect(stripVTControlCharacters(shown)).toBe(help)
    expect(styledHelp(help, plainStyle)).toBe(help)
  })
})

describe('tables', () => {
  it('line up whatever is in them: wide, joined and combining characters (P)', () => {
    const words = fc.array(fc.constantFrom('a', 'é', 'e\u0301', '東', '京', '한', '👩‍👩‍👧‍👦', '🇩🇪', '👍🏽', '🚀', 'ﾊ', '\u200b', '½', 'Å'), { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(fc.property(fc.array(fc.record({ id: fc.uuid(), name: words, last: fc.constant('|') }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 70, max: 120 }), (rows, columns) => {
      const { text } = table(rows, ['id', 'name', 'last'], columns)
      const places = text.split('\n').slice(1).map((line) => width(line.slice(0, line.lastIndexOf('|'))))
      expect(new Set(places).size).toBe(1)
      for (const [index, line] of text.split('\n').slice(1).entries()) {
        expect(width(line)).toBeLessThanOrEqual(columns)
        expect(line.startsWith(rows[index]!.id)).toBe(true)
      }
    }))
  })

  it('keep whole names and drop a column from the right', () => {
    const row = { id: '20000000-0000-4000-8000-000000000003', name: 'Sales Assistant', kind: 'conversational', more: 'standard' }
    const { text, hidden } = table([row], Object.keys(row), 78)
    expect(hidden).toBe(1)
    expect(text).toContain('Sales Assistant  conversational')
  })

  it('put numbers to the right, words of a state in colour, nothing as a dash', () => {
    const io = fakeIo({ tty: 80 })
    const style = styleOf(io, io.stdout, false)
    const lines = table([{ n: 7, status: 'failed', note: null }, { n: 12_345, status: 'completed', note: 'x' }], ['n', 'status', 'note'], 80, style).text.split('\n')
    expect(lines[1]).toBe(`    7  ${esc}[31mfailed${esc}[39m     ${esc}[2m-${esc}[22m`)
    expect(lines[2]).toBe(`12345  ${esc}[32mcompleted${esc}[39m  x`)
    // In a pipe nothing is added.
    expect(table([{ n: 7, note: null, at: '2026-03-01T12:00:00Z' }], ['n', 'note', 'at'], undefined).text.split('\n')[1]).toBe('7        2026-03-01T12:00:00Z')
  })

  it('show the members of an object under it', () => {
    expect(record({ id: '1', config: { model: 'm', limits: { rpm: 5 } }, tags: ['a', 'b'], steps: [{ name: 'x', ms: 1 }, { name: 'y' }], none: [] })).toBe(`id    1
config
  model  m
  limits
    rpm  5
tags  a, b
steps
  - name  x
    ms    1
  - name  y
none`)
  })
})

it.each([
  ['2026-03-01T12:00:00Z', '2026-03-01T12:00:20Z', 'just now'],
  ['2026-03-01T12:00:00Z', '2026-03-01T12:01:10Z', '1 minute ago'],
  ['2026-03-01 12:00:00', '2026-03-01T15:00:00Z', '3 hours ago'],
  ['2026-03-01T14:00:00+02:00', '2026-03-01T15:00:00Z', '3 hours ago'],
  ['2026-03-03T12:00:00.123456Z', '2026-03-01T12:00:00Z', 'in 2 days'],
  ['2024-01-01T00:00:00Z', '2026-03-01T12:00:00Z', '2 years ago'],
  ['2026-03-01', '2026-03-02T12:00:00Z', undefined],
  ['12:00', '2026-03-02T12:00:00Z', undefined],
  ['2026-13-41T99:00:00Z', '2026-03-02T12:00:00Z', undefined],
])('%s at %s is %s', (text, now, said) => {
  // Without a zone it is UTC wherever the reader is.
  try {
    for (const zone of ['UTC', 'America/New_York']) {
      vi.stubEnv('TZ', zone)
      expect(timeAgo(text, Date.parse(now)), zone).toBe(said)
    }
  } finally {
    vi.unstubAllEnvs()
  }
})
