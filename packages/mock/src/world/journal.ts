import { jsonText } from '../kernel/json-text.js'
import { isStream, Reply } from '../kernel/reply.js'
import type { FieldIssue } from '../kernel/profile.js'
import { redactBody, redactHeaders, redactText } from './redact.js'

export interface JournalEntry {
  /** Counts from 1 since the last reset. */
  n: number
  /** Milliseconds on the world's clock. */
  at: number
  system: string
  operationId?: string
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body?: string
  /** 0 until the answer is known. */
  status: number
  /** Why the server itself was wrong, or what a rule did. */
  note?: string
  /** What validation found wrong with the request, without what was there instead. */
  issues?: readonly Pick<FieldIssue, 'field' | 'in' | 'message' | 'keyword'>[]
}

export interface JournalFilter {
  system?: string
  operationId?: string
  method?: string
  /** Part of the path. */
  path?: string
  status?: number
  /** Only entries after this number. */
  since?: number
  /** Only the latest so many of those that fit. */
  limit?: number
}

export const JOURNAL_CAPACITY = 1_000
/** Characters of a body that are kept. */
export const JOURNAL_BODY_CAP = 64 * 1024
/** Answers are kept for so many of the latest requests. */
const ANSWERS = 200

/** The last 1,000 requests, each written before anything is done about it (its status is 0 until then). Secrets are taken out when entries are read, so writing one costs nearly nothing. */
export class Journal {
  private ring: JournalEntry[] = []
  private answers: ({ n: number; reply: Reply } | undefined)[] = []
  private count = 0
  private readonly listeners = new Set<(entry: JournalEntry) => void>()

  add(entry: Omit<JournalEntry, 'n'>): JournalEntry {
    const stored = entry as JournalEntry
    stored.n = ++this.count
    this.ring[(this.count - 1) % JOURNAL_CAPACITY] = stored
    return stored
  }

  /** The answer is known. One to a request of before the last reset is no longer of interest. */
  done(entry: JournalEntry, reply?: Reply): void {
    if (this.count - entry.n < JOURNAL_CAPACITY && this.ring[(entry.n - 1) % JOURNAL_CAPACITY] !== entry) return
    if (entry.body !== undefined && entry.body.length > JOURNAL_BODY_CAP) entry.body = beginning(entry.body)
    if (reply && !isStream(reply.body)) this.answers[entry.n % ANSWERS] = { n: entry.n, reply: kept(reply) }
    if (this.listeners.size === 0) return
    for (const listener of this.listeners) listener(redacted(entry))
  }

  /** How many requests there were since the last reset. */
  get total(): number {
    return this.count
  }

  /** Oldest first, without secrets. */
  entries(match: JournalFilter = {}): JournalEntry[] {
    return this.raw(match).map(redacted)
  }

  /** The entries themselves, for comparing: secrets are still in them. */
  raw(match: JournalFilter = {}): JournalEntry[] {
    const start = this.count > JOURNAL_CAPACITY ? this.count % JOURNAL_CAPACITY : 0
    const ordered = [...this.ring.slice(start), ...this.ring.slice(0, start)]
    const found = ordered.filter((entry) => (match.system === undefined || entry.system === match.system)
      && (match.operationId === undefined || entry.operationId === match.operationId)
      && (match.method === undefined || entry.method === match.method.toUpperCase())
      && (match.path === undefined || entry.path.includes(match.path))
      && (match.status === undefined || entry.status === match.status)
      && (match.since === undefined || entry.n > match.since))
    return match.limit === undefined ? found : found.slice(Math.max(0, found.length - match.limit))
  }

  /** What was answered, of the latest requests. */
  answer(n: number): Reply | undefined {
    const found = this.answers[n % ANSWERS]
    return found?.n === n ? found.reply : undefined
  }

  /** Calls `listener` at each answer, and returns what stops it. */
  subscribe(listener: (entry: JournalEntry) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  clear(): void {
    this.ring = []
    this.answers = []
    this.count = 0
  }
}

/** The text of an answer that can be shown: capped, without secrets. */
export function answerText({ body, raw }: Reply): string | undefined {
  if (body === undefined || isStream(body)) return undefined
  const text = raw ? (typeof body === 'string' ? body : undefined) : jsonText(body)
  return text === undefined ? undefined : redactBody(text.slice(0, JOURNAL_BODY_CAP), 'answer')
}

/** A download without most of its content. */
function kept(reply: Reply): Reply {
  const { body, raw, status, headers } = reply
  if (!raw || (body as string | Uint8Array).length <= JOURNAL_BODY_CAP) return reply
  return Reply.raw(status, typeof body === 'string' ? beginning(body) : NOTHING, headers)
}

const NOTHING = new Uint8Array()

/** The first part, as a text of its own: a mere slice would hold on to the whole. */
function beginning(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text.slice(0, JOURNAL_BODY_CAP)))
}

function redacted(entry: JournalEntry): JournalEntry {
  return {
    ...entry,
    path: redactText(entry.path),
    headers: redactHeaders(entry.headers),
    ...(entry.body === undefined ? {} : { body: redactBody(entry.body) }),
  }
}
