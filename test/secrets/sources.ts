import { readFileSync } from 'node:fs'
import { learn } from './record.js'

/** Where secrets come from: the seeds of the reference server, and its answers. */

const SYSTEMS = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']
const IN_SEEDS = /^(_password|_totpSecret|_secret|_key|key)$/
/** What the vendors print in their own examples, and what is no key for all its name. */
const EXAMPLES = /your[-_]|^[\w-]+\/|\.\.\.$/

export function learnSeeds(): void {
  for (const system of SYSTEMS) walk(JSON.parse(readFileSync(new URL(`../../packages/mock/src/systems/${system}/seed.gen.json`, import.meta.url), 'utf8')), (name, value) => {
    if (IN_SEEDS.test(name) && !EXAMPLES.test(value)) learn(value)
  })
}

/** The members that a document marks as secret, once for each system. */
const marked = new Map<string, ReadonlySet<string>>()

function markedIn(system: string): ReadonlySet<string> {
  let names = marked.get(system)
  if (names === undefined) {
    const found = new Set<string>()
    const look = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, each] of Object.entries(value)) {
        if (key === 'properties' && typeof each === 'object') for (const [name, schema] of Object.entries(each as Record<string, { format?: string; 'x-secret'?: boolean }>)) if (schema.format === 'password' || schema['x-secret'] === true) found.add(name)
        look(each)
      }
    }
    // Tests make up systems of their own, which have no document.
    if (SYSTEMS.includes(system)) look(JSON.parse(readFileSync(new URL(`../../spec/dist/${system}.gen.json`, import.meta.url), 'utf8')))
    // An error has a `code` too.
    found.delete('code')
    marked.set(system, names = found)
  }
  return names
}

/** What a server hands out: members that the document marks, cookies, and signatures in addresses. */
export function learnAnswer(system: string, status: number, headers: Readonly<Record<string, unknown>>, body: unknown): void {
  if (status >= 400) return
  const names = markedIn(system)
  walk(body, (name, value) => { if (names.has(name)) learn(value) })
  for (const cookie of [headers['set-cookie'] ?? []].flat()) learn(/^[^=]+=([^;]*)/.exec(String(cookie))?.[1])
  learn(/[?&]Signature=([^&]+)/.exec(String(headers['location'] ?? ''))?.[1])
}

function walk(value: unknown, each: (name: string, value: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string') each(name, member)
    else walk(member, each)
  }
}
