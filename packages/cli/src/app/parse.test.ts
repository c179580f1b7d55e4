import { describe, expect, it } from 'vitest'
import type { Command } from './command.js'
import type { FlagManifest } from './manifest.js'
import { parse, put, requireInputs } from './parse.js'
import { flag } from './settings.js'
import { UsageError } from './usage-error.js'

const command = (flags: FlagManifest[] = [], more: Partial<Command> = {}): Command => ({ path: ['x', 'do'], summary: 'Do', args: [], flags, load: () => Promise.reject(new Error('not loaded')), ...more })
const usage = (action: () => unknown): UsageError => {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError)
    return error as UsageError
  }
  throw new Error('it was accepted')
}

describe('values', () => {
  it('are typed as the document says', () => {
    const flags = [flag('count', '', { type: 'integer' }), flag('score', '', { type: 'number' }), flag('on', '', { type: 'boolean' }), flag('data', '', { type: 'object' }), flag('tag', '', { type: 'array', items: 'string' }), flag('n', '', { type: 'array', items: 'integer' })]
    expect(parse(command(flags), ['--count', '3', '--score', '-0.5', '--no-on', '--data', '{"a":1}', '--tag', 'a', '--tag', 'b', '--n', '[1,2]']).values).toEqual({ count: 3, score: -0.5, on: false, data: { a: 1 }, tag: ['a', 'b'], n: [1, 2] })
  })

  it('of nested flags are put in place', () => {
    expect(parse(command([flag('llm', '', { type: 'object' }), flag('llm.model', '', { flag: 'llm.model' })]), ['--llm', '{"provider":"p"}', '--llm.model', 'm']).values).toEqual({ llm: { provider: 'p', model: 'm' } })
  })

  it('that are wrong are refused before any request', () => {
    expect(usage(() => parse(command([flag('count', '', { type: 'integer' })]), ['--count', 'many'])).message).toContain('whole number')
    expect(usage(() => parse(command([flag('count', '', { type: 'integer' })]), ['--count', '9007199254740993'])).message).toContain('up to 9007199254740991')
    for (const given of ['2026-02-31', '2026-02-31T10:00:00Z', '2026-13-01', '2026-01-31T25:00', 'soon']) expect(usage(() => parse(command([flag('at', '', { format: 'date-time' })]), ['--at', given])).message, given).toContain('such as 2026-01-31')
    expect(usage(() => parse(command([flag('kind', '', { enum: ['a', 'b'] })]), ['--kind', 'c'])).message).toContain('a, b')
    expect(usage(() => parse(command([flag('data', '', { type: 'object' })]), ['--data', '{'])).message).toContain('JSON')
    expect(usage(() => parse(command(), ['-o', 'tabel'])).message).toContain('table')
  })

  it('cannot reach a prototype', () => {
    const target = {}
    put(target, '__proto__.polluted', true)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(Object.keys(target)).toEqual(['__proto__'])
  })
})

it('dates are taken as the API takes them', () => {
  const at = (format: string, given: string) => parse(command([flag('at', '', { format })]), ['--at', given]).values['at']
  expect([at('date', '2024-02-29'), at('date-time', '2024-02-29'), at('date-time', '2026-01-31 09:30'), at('date-time', '2026-01-31T09:30:00.5+02:00')]).toEqual(['2024-02-29', '2024-02-29T00:00:00Z', '2026-01-31T09:30', '2026-01-31T09:30:00.5+02:00'])
})

describe('flags', () => {
  it('that are unknown get a suggestion', () => {
    const error = usage(() => parse(command([flag('name', '')]), ['--nam', 'x']))
    expect(error.message).toContain("unknown option '--nam'")
    expect(error.hint).toContain('--name')
  })

  it('that other tools have for a format lead to -o', () => {
    for (const given of ['--json', '--yaml', '--csv']) expect(usage(() => parse(command(), [given])).hint).toContain(`-o ${given.slice(2)};`)
  })

  it('of the API and global ones do not mix', () => {
    const parsed = parse(command([flag('input', '', { type: 'object' })]), ['--input', '{}', '--no-input', '-o', 'json'])
    expect(parsed.values).toEqual({ input: {} })
    expect(parsed.globals).toMatchObject({ output: 'json' })
    expect(parsed.globals).toHaveProperty('no-input')
  })

  it('too many arguments are refused', () => {
    expect(usage(() => parse(command(), ['extra'])).message).toContain("'extra' is one argument too many")
  })
})

it('all missing inputs are named at once', () => {
  const needy = command([flag('name', '', { required: true }), flag('kind', '', { required: true })], { args: [{ name: 'id', in: 'path', type: 'string', required: true, description: '' }] })
  expect(usage(() => requireInputs(needy, () => false)).message).toBe('missing <id>, --name, --kind')
  expect(() => requireInputs(needy, () => true)).not.toThrow()
})
