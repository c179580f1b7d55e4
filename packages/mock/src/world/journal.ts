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
  status: number
  /** Why the server itself was wrong, or what a rule did. */
  note?: string
}

const CAPACITY = 1_000
const BODY_CAP = 64 * 1024
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key', 'x-csrf-token'])
const SECRET_MEMBERS = /("(?:[a-z_]*(?:password|secret|token|api_?key)|code)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi

/** The last 1,000 requests, each written before anything is done about it (its status is 0 until then). Secrets are taken out when entries are read, so writing one costs nearly nothing. */
export class Journal {
  private ring: JournalEntry[] = []
  private count = 0
  private readonly listeners = new Set<(entry: JournalEntry) => void>()

  add(entry: Omit<JournalEntry, 'n'>): JournalEntry {
    const stored = entry as JournalEntry
    stored.n = ++this.count
    this.ring[(this.count - 1) % CAPACITY] = stored
    return stored
  }

  /** The answer is known. */
  done(entry: JournalEntry): void {
    if (entry.body !== undefined && entry.body.length > BODY_CAP) entry.body = entry.body.slice(0, BODY_CAP)
    for (const listener of this.listeners) listener(redacted(entry))
  }

  /** Oldest first. */
  entries(match: { system?: string; operationId?: string; status?: number; since?: number } = {}): JournalEntry[] {
    const start = this.count > CAPACITY ? this.count % CAPACITY : 0
    const ordered = [...this.ring.slice(start), ...this.ring.slice(0, start)]
    return ordered
      .filter((entry) => (match.system === undefined || entry.system === match.system)
        && (match.operationId === undefined || entry.operationId === match.operationId)
        && (match.status === undefined || entry.status === match.status)
        && (match.since === undefined || entry.n > match.since))
      .map(redacted)
  }

  subscribe(listener: (entry: JournalEntry) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  clear(): void {
    this.ring = []
    this.count = 0
  }
}

function redacted(entry: JournalEntry): JournalEntry {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(entry.headers)) headers[name] = SECRET_HEADERS.has(name) ? '[redacted]' : value
  return {
    ...entry,
    path: entry.path.replaceAll(/([?&][a-z_]*(?:token|key|secret)=)[^&]*/gi, '$1[redacted]'),
    headers,
    ...(entry.body === undefined ? {} : { body: entry.body.replaceAll(SECRET_MEMBERS, '$1"[redacted]"') }),
  }
}
