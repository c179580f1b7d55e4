import type { ListedRow } from './adapters.js'
import { comparableName } from './file-name.js'
import type { Item } from './types.js'

export type Finding = { readonly is: 'there'; readonly document: string; readonly row: ListedRow } | { readonly is: 'absent' } | { readonly is: 'unclear'; readonly why: string }

/** The server's clock may be so far behind ours. */
const SKEW = 30_000
/** An entry that is older than the request by less than this may be it, if one of the two clocks is wrong. */
const DOUBTFUL = 3_600_000

/**
 * Compares items whose outcome is not known with what the server lists. An item is there when exactly as many new entries of its name and
 * size are listed as are looked for, absent when there is none; in every other case it cannot be told, and nothing is guessed.
 * `claimed` are entries that other items of the batch have.
 */
export function findListed(items: readonly Item[], rows: readonly ListedRow[], claimed: ReadonlySet<string>): Map<number, Finding> {
  const findings = new Map<number, Finding>()
  for (const group of groups(items)) {
    const since = Math.min(...group.map((item) => item.sentAt ?? Infinity)) - SKEW
    const [name, size] = [comparableName(group[0]!.name), group[0]!.size]
    const alike = rows.filter((row) => row.name !== undefined && comparableName(row.name) === name && (row.size === undefined || row.size === size) && (row.id === undefined || !claimed.has(row.id)))
    const near = alike.filter((row) => row.createdAt === undefined || row.createdAt >= since)
    const doubtful = alike.some((row) => row.createdAt !== undefined && row.createdAt < since && row.createdAt >= since - DOUBTFUL)
    const exact = near.filter((row) => row.id !== undefined && row.size !== undefined && row.createdAt !== undefined)
    const finding = (index: number): Finding => {
      if (near.length === 0 && doubtful) return { is: 'unclear', why: 'the listing has an entry of this name and size that is a little older than the request: it may be it, if a clock is wrong' }
      if (near.length === 0) return { is: 'absent' }
      if (exact.length < near.length) return { is: 'unclear', why: 'the listing has an entry of this name but says too little about it' }
      if (exact.length !== group.length) return { is: 'unclear', why: `the listing has ${exact.length} new entries of this name and size, ${group.length} were sent` }
      return { is: 'there', document: exact[index]!.id!, row: exact[index]! }
    }
    group.forEach((item, index) => findings.set(item.n, finding(index)))
  }
  return findings
}

function groups(items: readonly Item[]): Item[][] {
  const byName = new Map<string, Item[]>()
  for (const item of items.toSorted((a, b) => (a.sentAt ?? 0) - (b.sentAt ?? 0))) {
    const key = `${comparableName(item.name)}\0${item.size}`
    byName.set(key, [...(byName.get(key) ?? []), item])
  }
  return [...byName.values()]
}
