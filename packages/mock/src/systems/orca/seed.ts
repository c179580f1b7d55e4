import type { Seed } from '../../kernel/definition.js'
import type { Json, Row } from '../../kernel/types.js'
import data from './seed.gen.json' with { type: 'json' }

/** The member that the API calls the id of a collection; rows keep it as `id`. */
const NAMES: Readonly<Record<string, string>> = { files: 'file_id', jobs: 'job_id', 'public.jobs': 'job_id', 'public.scans': 'scan_id' }

/** Lists that are shown newest first are stored oldest first. */
const BY_TIME = new Set(['alerts', 'public.alerts'])

export const seed: Seed = Object.fromEntries(Object.entries(data as Seed).map(([collection, rows]) => [collection, prepared(collection, rows)]))

function prepared(collection: string, rows: readonly Json[]): readonly Json[] {
  const name = NAMES[collection]
  if (name !== undefined) return rows.map(({ [name]: id, ...row }: Record<string, Json>) => ({ id, ...row }) as Row)
  return BY_TIME.has(collection) ? rows.toSorted((a: Json, b: Json) => (a.created_at < b.created_at ? -1 : 1)) : rows
}
