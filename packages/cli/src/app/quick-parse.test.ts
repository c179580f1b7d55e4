import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Command } from './command.js'
import { parse, type Parsed } from './parse.js'
import { quickParse } from './quick-parse.js'

const flag = (name: string, type: 'string' | 'integer' | 'boolean' | 'array', more: object = {}) => ({ name, flag: name, in: 'query' as const, type, description: name, ...more })
const command: Command = {
  path: ['orckai', 'agents', 'list'],
  summary: 'List',
  args: [{ name: 'id', in: 'path', type: 'string', description: 'id' }, { name: 'count', in: 'path', type: 'integer', description: 'count' }],
  flags: [flag('limit', 'integer'), flag('name', 'string'), flag('sort', 'string', { enum: ['up', 'down'] }), flag('all', 'boolean'), flag('tags', 'array', { items: 'string' }), flag('since', 'string', { format: 'date-time' })],
  load: () => Promise.reject(new Error('not run')),
}

const tokens = ['--limit', '--limit=5', '5', '-5', 'x', '', '-', '--name', '--name=', '--sort', 'up', '--sort=down', '--all', '--no-all', '--tags', '--since', '2026-01-31', '-o', '-ojson', 'json', 'table', '--output=yaml', '--output', '-q', '-qv', '--quiet=1', '--mock', '--max', '3', '--no-color', '--', '--nope', '--jq', '.[]']
/** The parser states the default of the negated switches; what is not given says the same. */
const told = ({ values, globals, ...rest }: Parsed) => ({ ...rest, values, globals: Object.fromEntries(Object.entries(globals).filter(([name, value]) => !(name.startsWith('no-') && value === true))) })

it('reads what it accepts as the parser does', () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 6 }), (argv) => {
      const quick = quickParse(command, argv)
      if (!quick) return
      accepted++
      expect(told(quick)).toEqual(told(parse(command, argv)))
    }),
    { numRuns: 3000 },
  )
  expect(accepted).toBeGreaterThan(100)
})

it.each([[['a']], [['a', '7', '--limit', '5', '-o', 'json']], [['--name=x=y', '--all', '-q']]])('accepts the plain %j', (argv) => {
  expect(quickParse(command, argv)).toBeDefined()
})
