import { chunk, type Passage, rank } from '../../effects/search.js'
import { valueText } from '../../kernel/json-text.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { listIn, round } from './rows.js'

export const DOCUMENTS = 'knowledgeBases.documents'

export interface Answer {
  text: string
  prompt: number
  completion: number
  /** Why there is no answer. */
  error?: string
}

/** What an agent says: the sentence of its knowledge bases that holds most of the question's words, with its document; always the same for the same question. */
export function answer(c: SystemContext, agent: Row | undefined, question: string): Answer {
  if (!agent) return { text: '', prompt: 0, completion: 0, error: 'Agent not found' }
  if (!modelOf(c, agent)) return { text: '', prompt: 0, completion: 0, error: 'Agent has no model configured' }
  const text = cited(c, listIn(agent['knowledge_base_ids']).map(valueText), question) ?? `${agent['name']} has no document on this. You asked: ${question}`
  return { text, prompt: tokensOf(`${agent['instructions']} ${question}`), completion: tokensOf(text) }
}

/** Its own model, else the default of its project. */
export function modelOf(c: SystemContext, agent: Row): string | undefined {
  return agent['model_name'] || c.store('projects').get(agent['project_id'])?.['default_model'] || undefined
}

/** The passages of knowledge bases that hold the words of a question, best first. */
export function retrieve(c: SystemContext, bases: readonly string[], question: string, limit: number): Passage<string>[] {
  const passages: Passage<string>[] = []
  for (const base of bases) {
    const size = c.store('knowledgeBases').get(base)?.['chunk_size']
    if (size === undefined) continue
    for (const row of c.store(DOCUMENTS).all((document) => document['kb_id'] === base)) {
      for (const text of chunk(row['_text'] ?? '', size)) passages.push({ text, source: row['filename'] })
    }
  }
  return rank(passages, question, limit)
}

/** The pieces in which a text is streamed; together they are the text. */
export function pieces(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? []
}

export function tokensOf(text: string): number {
  return Math.ceil(text.trim().length / 4)
}

/** What tokens cost here, whatever the model. */
export function costOf(tokens: number): number {
  return round(tokens * 0.000_03)
}

function cited(c: SystemContext, bases: readonly string[], question: string): string | undefined {
  const best = retrieve(c, bases, question, 1)[0]
  if (!best) return undefined
  const asked = new Set(wordsOf(question))
  const sentences = best.text.split(/(?<=[.!?])\s+|\n+/).map((sentence) => sentence.trim()).filter((sentence) => sentence !== '' && !sentence.startsWith('#'))
  let chosen = sentences[0] ?? best.text
  let most = -1
  for (const sentence of sentences) {
    const hits = wordsOf(sentence).filter((word) => asked.has(word)).length
    if (hits > most) [chosen, most] = [sentence, hits]
  }
  return `${chosen} (${best.source})`
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
