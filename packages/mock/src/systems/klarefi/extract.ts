import type { SystemContext } from '../../kernel/system-context.js'
import type { Fact } from './document-text.js'
import { normalized, PATTERNS } from './values.js'

interface Candidate {
  candidate_id: string
  value_raw: string
  value_normalized: string
  confidence: number
  evidence_ids: string[]
}

export interface Evidence {
  evidence_id: string
  doc_id: string
  page_index: number
  location: { char_start: number; char_end: number }
  quote: string
  method: string
}

export interface Feature {
  decision?: { decision_id: string; decision: string; selected_candidate_id: string | null }
  candidates: Candidate[]
  evidence: Evidence[]
}

/** Reads the facts out of a text: each value with the passages it stands in, a candidate for each different value. */
export function extract(c: SystemContext, docId: string, pages: readonly string[], facts: readonly Fact[]): Record<string, Feature> {
  return Object.fromEntries(facts.map((fact) => [fact.id, featureOf(c, docId, pages, fact)]))
}

function featureOf(c: SystemContext, docId: string, pages: readonly string[], fact: Fact): Feature {
  const evidence = pages.flatMap((page, index) => passages(page, fact).map(({ start, quote }): Evidence => ({
    evidence_id: c.id('evidence', 'ev_'), doc_id: docId, page_index: index, location: { char_start: start, char_end: start + quote.length }, quote, method: 'born_digital_text',
  })))
  const groups = new Map<string, Evidence[]>()
  for (const passage of evidence) {
    const value = normalized(fact.type, passage.quote)
    groups.set(value, [...(groups.get(value) ?? []), passage])
  }
  const candidates = [...groups].map(([value, support]): Candidate => ({
    candidate_id: c.id('candidates', 'cand_'), value_raw: support[0]!.quote, value_normalized: value,
    // One value is all but sure, the more so the oftener it is said; of several each has its share.
    confidence: Math.round((groups.size === 1 ? Math.min(0.99, 0.93 + 0.02 * support.length) : support.length / evidence.length) * 100) / 100,
    evidence_ids: support.map((passage) => passage.evidence_id),
  }))
  return { candidates, evidence }
}

/** Where the label stands with a value of the right kind behind it on its line; without a label, the first such value of a date or an amount. */
function passages(page: string, { label, type }: Fact): { start: number; quote: string }[] {
  const pattern = PATTERNS[type] ?? PATTERNS['text']!
  const found: { start: number; quote: string }[] = []
  const labelled = new RegExp(`${label.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}[^\\S\\n]*[:=][^\\S\\n]*`, 'gi')
  for (const match of page.matchAll(labelled)) {
    const from = match.index + match[0].length
    const end = page.indexOf('\n', from)
    const value = pattern.exec(page.slice(from, end < 0 ? undefined : end))
    if (value) found.push({ start: from + value.index, quote: value[0] })
  }
  const first = found.length === 0 && type !== 'text' ? pattern.exec(page) : null
  return first ? [{ start: first.index, quote: first[0] }] : found
}

/** Decides every fact that has one value only; says whether all could be decided. */
export function decide(c: SystemContext, features: Record<string, Feature>): boolean {
  let complete = true
  for (const feature of Object.values(features)) {
    if (feature.candidates.length === 1) feature.decision = { decision_id: c.id('decisions', 'dec_'), decision: 'keep', selected_candidate_id: feature.candidates[0]!.candidate_id }
    else complete = false
  }
  return complete
}

/** What an operator would do: of several values the likeliest counts. */
export function review(c: SystemContext, features: Record<string, Feature>): void {
  for (const feature of Object.values(features)) {
    const best = feature.candidates.toSorted((a, b) => b.confidence - a.confidence)[0]
    if (!feature.decision && best) feature.decision = { decision_id: c.id('decisions', 'dec_'), decision: 'keep', selected_candidate_id: best.candidate_id }
  }
}

export function factsOf(features: Record<string, Feature>): Record<string, string> {
  const facts: Record<string, string> = {}
  for (const [id, { decision, candidates }] of Object.entries(features)) {
    const chosen = candidates.find(({ candidate_id }) => candidate_id === decision?.selected_candidate_id)
    if (chosen) facts[id] = chosen.value_normalized
  }
  return facts
}
