import type { SystemContext } from '../../kernel/system-context.js'
import type { Random } from '../../world/random.js'
import { fileNameOf } from './addresses.js'
import { MONTHS } from './values.js'

export interface Fact {
  id: string
  label: string
  type: 'date' | 'text' | 'amount'
}

/**
 * The pages of the document at an address. Nothing is fetched: a seeded text of that file name, else a text that follows from the
 * address, with every fact on the first page and the first again on the second. An ambiguous one says something else there.
 */
export function pagesOf(c: SystemContext, address: string, title: string, facts: readonly Fact[], ambiguous: boolean): string[] {
  const name = fileNameOf(address)
  const seeded = c.store('_documents').find((row) => row['file_name'] === name)
  if (seeded) return seeded['pages'] ?? [String(seeded['text'])]
  const value = (fact: Fact, take: number): string => valueOf(fact, c.world.random(`document/${address}/${fact.id}/${take}`))
  const lines = facts.map((fact) => `${fact.label}: ${value(fact, 1)}`)
  const again = facts.slice(0, 1).map((fact) => `${fact.label}: ${value(fact, ambiguous ? 2 : 1)}`)
  return [
    [title, `File ${name || 'document'}`, '', 'To whom it may concern: these are the particulars of the case.', '', ...lines, '', 'Page 1 of 2'].join('\n'),
    ['Summary', '', ...again, '', 'Signed on behalf of the applicant.', 'Page 2 of 2'].join('\n'),
  ]
}

const PEOPLE = ['Ada Lovelace', 'Alan Turing', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov', 'Katherine Johnson'] as const
const WORDS = ['Amsterdam', 'Stationsweg 12', 'water damage', 'blue hatchback', 'standard cover'] as const

function valueOf({ id, type }: Fact, random: Random): string {
  if (type === 'date') {
    const year = /birth/.test(id) ? random.integer(1950, 2004) : random.integer(2023, 2025)
    return `${random.integer(1, 28)} ${MONTHS[random.integer(0, 11)]![0]} ${year}`
  }
  if (type === 'amount') return `EUR ${random.integer(1, 9)}.${String(random.integer(0, 999)).padStart(3, '0')},${String(random.integer(0, 99)).padStart(2, '0')}`
  if (/name/.test(id)) return random.pick(PEOPLE)
  return /number|policy|reference|id$/.test(id) ? `P-${random.integer(100_000, 999_999)}` : random.pick(WORDS)
}
