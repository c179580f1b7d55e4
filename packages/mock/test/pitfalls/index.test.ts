import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = new URL('.', import.meta.url)

it('has a test and a line of the table for each of the 41', () => {
  const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts') && name !== 'index.test.ts')
  const tested = tests.flatMap((name) => [...readFileSync(new URL(name, folder), 'utf8').matchAll(/it\('(\d+)\. /g)].map(([, number]) => `${number} ${name}`))
  const listed = [...readFileSync(new URL('README.md', folder), 'utf8').matchAll(/^\| (\d+) \|.*?\| `([^`]+)` \|/gm)].map(([, number, name]) => `${number} ${name}`)
  expect(tested.map((entry) => Number(entry.split(' ')[0])).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 41 }, (_, i) => i + 1))
  expect(listed.toSorted()).toEqual(tested.toSorted())
})
