import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Members } from '../../kernel/types.js'
import { charge, price } from './billing.js'

type QueryType = 'simple' | 'complex' | 'action' | 'follow_up' | 'off_scope'

/** Words that decide how a question is understood, in this order. */
const KEYWORDS: readonly (readonly [QueryType, RegExp])[] = [
  ['off_scope', /\b(?:weather|joke|poem|recipe|football|movie|song|horoscope|capital of)\b/i],
  ['action', /^(?:please )?(?:start|run|cancel|delete|remove|create|schedule|generate|fix|apply|rename|acknowledge)\b|\b(?:can|could) you (?:start|run|cancel|delete|remove|create|schedule|generate|fix|apply)\b/i],
  ['complex', /\b(?:compare|comparison|why|trend|correlat\w*|explain|analy[sz]e|versus|vs|relationship|difference)\b/i],
]

/** Kinds of data that a question may be about, and the classification that stands for them. */
const SUBJECTS: readonly (readonly [RegExp, RegExp, string])[] = [
  [/e-?mail/i, /^PII \/ Email$/, 'email addresses'],
  [/phone|mobile/i, /^PII \/ Phone$/, 'phone numbers'],
  [/iban|bank account/i, /^PII \/ IBAN$/, 'IBANs'],
  [/\bnames?\b/i, /^PII \/ Name$/, 'names'],
  [/countr/i, /^country$/, 'countries'],
  [/amount|currency|money|price/i, /^currency_amount$/, 'amounts'],
  [/personal|sensitive|gdpr|\bpii\b/i, /^PII \/ /, 'personal data'],
]

export const chat = defineResource({
  collections: { _conversations: {} },
  behaviours: {
    'chat.query': (c) => {
      const { message, conversation_id: id } = c.body as { message: string; conversation_id?: string }
      const conversations = c.store('_conversations')
      const before = id === undefined ? undefined : conversations.find((row) => row.id === id && row['user'] === c.actor.user)
      if (id !== undefined && !before) c.fail('bad_request', 'conversation_id is not known')
      const type = understood(message, before !== undefined)
      const tokens = price(c, type)
      charge(c, tokens)
      const answer = answerTo(c, type, message, before)
      const conversation = before ? conversations.update(before.id, { turns: before['turns'] + 1 }) : conversations.insert({ id: c.id('_conversations', 'uuid'), user: c.actor.user, turns: 1, question: message })
      return { conversation_id: conversation.id, answer, query_type: type, tokens_used: tokens }
    },
  },
})

function understood(message: string, goesOn: boolean): QueryType {
  return KEYWORDS.find(([, words]) => words.test(message))?.[0] ?? (goesOn ? 'follow_up' : 'simple')
}

/** From what is stored and nothing else: the same question gets the same answer. */
function answerTo(c: Context, type: QueryType, message: string, before: Members | undefined): string {
  if (type === 'off_scope') return 'I can only answer questions about the data of your organisation.'
  if (type === 'action') return `This would change something: "${message}". Nothing has been done yet; confirm it to go on.`
  const subject = SUBJECTS.find(([words]) => words.test(message)) ?? (type === 'follow_up' ? SUBJECTS.find(([words]) => words.test(String(before?.['question'] ?? ''))) : undefined)
  if (subject) return holders(c, subject[1], subject[2])
  if (/alert/i.test(message)) {
    const open = c.store('alerts').all((row) => row['acknowledged'] === false)
    return open.length === 0 ? 'There are no open alerts.' : `Open alerts: ${open.map((row) => row['title']).join('; ')}.`
  }
  if (/jobs?\b/i.test(message)) return `There are ${c.store('jobs').count()} jobs, ${c.store('jobs').count((row) => row['status'] === 'completed')} of them completed.`
  if (type === 'complex') return `Looked at ${c.store('files').count()} files and ${c.store('jobs').count((row) => row['columns'] !== undefined)} finished jobs: ${columnSummary(c)}.`
  return `You have ${c.store('files').count()} files: ${c.store('files').all().map((row) => row['file_name']).join(', ')}.`
}

function holders(c: Context, classification: RegExp, what: string): string {
  const ids = new Set(columns(c).filter((column) => classification.test(column['classification'])).map((column) => String(column['file_id'])))
  const names = [...new Set(c.store('files').all((row) => ids.has(String(row.id))).map((row) => String(row['file_name'])))]
  if (names.length === 0) return `No classified file holds ${what}.`
  return names.length === 1 ? `One file does. It is ${names[0]}.` : `${names.length} files hold ${what}: ${names.join(', ')}.`
}

function columnSummary(c: Context): string {
  const counts = new Map<string, number>()
  for (const { classification } of columns(c)) counts.set(classification, (counts.get(classification) ?? 0) + 1)
  return counts.size === 0 ? 'no column is classified yet' : [...counts].map(([name, count]) => `${count} x ${name}`).join(', ')
}

function columns(c: Context): Members[] {
  return c.store('jobs').all((row) => row['columns'] !== undefined).flatMap((row) => row['columns'] as Members[])
}
