import MiniSearch from 'minisearch'

export interface Passage<T = unknown> {
  text: string
  source: T
}

export interface Hit<T> extends Passage<T> {
  /** Between 0 and 1. */
  score: number
}

/** Cuts a text into passages of whole paragraphs (long ones: whole sentences) of about `size` characters. */
export function chunk(text: string, size = 500): string[] {
  const out: string[] = []
  let current = ''
  const flush = (): void => {
    if (current.trim()) out.push(current.trim())
    current = ''
  }
  for (const paragraph of text.split(/\n\s*\n/)) {
    const pieces = paragraph.length <= size ? [paragraph] : paragraph.split(/(?<=[.!?])\s+|\n/)
    for (const piece of pieces) {
      for (const slice of hard(piece, size * 2)) {
        if (current && current.length + slice.length + 1 > size) flush()
        current += (current ? (pieces.length > 1 ? ' ' : '\n\n') : '') + slice
      }
    }
    if (current.length > size / 2) flush()
  }
  flush()
  return out
}

function hard(text: string, size: number): string[] {
  if (text.length <= size) return [text]
  const out: string[] = []
  for (let start = 0; start < text.length; ) {
    // No character of two units is cut in two.
    const end = start + size - (/[\ud800-\udbff]/.test(text[start + size - 1] ?? '') ? 1 : 0)
    out.push(text.slice(start, end))
    start = end
  }
  return out
}

/** Characters of a query that are looked at: near misses of each word cost time. */
const ASKED = 1_000

/** The passages that hold the words of a query, best first (BM25; whole words, beginnings and near misses). */
export function rank<T>(passages: readonly Passage<T>[], query: string, limit = 5): Hit<T>[] {
  const index = new MiniSearch<{ id: number; text: string }>({ fields: ['text'] })
  index.addAll(passages.map(({ text }, id) => ({ id, text })))
  return index
    .search(query.slice(0, ASKED), { prefix: (term) => term.length > 3, fuzzy: (term) => (term.length > 5 ? 0.15 : false) })
    .slice(0, limit)
    .map(({ id, score }) => ({ ...passages[id as number]!, score: Math.round((score / (score + 2)) * 10_000) / 10_000 }))
}
