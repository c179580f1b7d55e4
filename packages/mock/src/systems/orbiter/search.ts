import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { round } from './rows.js'

const MOST = 5
/** Name in the API -> where it is stored, its page, and the members that are searched. */
const TYPES = {
  agents: { store: 'agents', page: 'agents', members: ['name', 'description', 'instructions'] },
  workflows: { store: 'workflows', page: 'workflows', members: ['name', 'description'] },
  tools: { store: 'tools', page: 'tools', members: ['name', 'description'] },
  knowledge_bases: { store: 'knowledgeBases', page: 'knowledge-bases', members: ['name', 'description'] },
} as const

type Type = keyof typeof TYPES

/** Only what the caller owns, unlike the vendor's server. */
export const search = defineResource({
  behaviours: {
    'search.query': (c) => {
      const asked = String(c.query['types'] ?? '').split(',').map((name) => name.trim()).filter((name): name is Type => Object.hasOwn(TYPES, name))
      const types = asked.length > 0 ? asked : (Object.keys(TYPES) as Type[])
      return c.ok(Object.fromEntries(types.map((type) => [type, find(c, type, String(c.query['q'] ?? '').trim())])))
    },
  },
})

function find(c: Context, type: Type, query: string): Members[] {
  const { store, members } = TYPES[type]
  const newest = c.store(store).all().toReversed()
  if (query === '') return newest.slice(0, MOST).map((row) => hit(type, row, row['description']))
  if (type === 'knowledge_bases') {
    const text = query.toLowerCase()
    return newest.filter((row) => `${row['name']}\n${row['description']}`.toLowerCase().includes(text)).slice(0, MOST).map((row) => hit(type, row, row['description']))
  }
  const terms = [...query.toLowerCase().matchAll(/([\p{L}\p{N}_]+)(\*?)/gu)].map(([, word, star]) => ({ word: word!, open: star === '*' }))
  if (terms.length === 0) return []
  return newest
    .map((row) => ({ row, ...scored(row, members, terms) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ row, score, snippet }) => ({ ...hit(type, row, snippet), rank: -score }))
}

/** Every word has to be there; hits in the name and in short texts count more. */
function scored(row: Row, members: readonly string[], terms: readonly { word: string; open: boolean }[]): { score: number; snippet: string } {
  const matches = (word: string): boolean => terms.some((term) => fits(word.toLowerCase(), term))
  const words = members.flatMap((member, i) => wordsOf(row[member]).map((word) => ({ word, weight: i === 0 ? 2 : 1 })))
  if (!terms.every((term) => words.some(({ word }) => fits(word.toLowerCase(), term)))) return { score: 0, snippet: '' }
  const weight = words.reduce((sum, { word, weight: each }) => sum + (matches(word) ? each : 0), 0)
  const shown = members.find((member) => member !== 'name' && wordsOf(row[member]).some(matches)) ?? members.find((member) => wordsOf(row[member]).some(matches))!
  const snippet = String(row[shown]).slice(0, 200).replaceAll(/[\p{L}\p{N}_]+/gu, (word) => (matches(word) ? `<b>${word}</b>` : word))
  return { score: round(weight / Math.log2(words.length + 2), 4), snippet }
}

function fits(word: string, term: { word: string; open: boolean }): boolean {
  return term.open ? word.startsWith(term.word) : word === term.word
}

function wordsOf(text: Json): string[] {
  return String(text ?? '').match(/[\p{L}\p{N}_]+/gu) ?? []
}

function hit(type: Type, row: Row, snippet: string): Members {
  return { id: row.id, name: row['name'], type, snippet, url: `/${TYPES[type].page}/${row.id}` }
}
