import type { Actor } from '../kernel/profile.js'
import type { AuthResult } from '../kernel/definition.js'
import type { Row } from '../kernel/types.js'
import type { SystemWorld } from '../world/system-world.js'
import { sha256Hex } from '../world/hash.js'

const cache = new Map<string, string>()

/** Keys come again and again: their hashes are remembered for the process. */
export function keyHash(key: string): string {
  let hash = cache.get(key)
  if (!hash) {
    hash = sha256Hex(key)
    if (cache.size > 5_000) cache.clear()
    cache.set(key, hash)
  }
  return hash
}

/** Looks a key up in `_keys`, where only hashes are. */
export function proveKey(world: SystemWorld, scheme: string, key: string): AuthResult {
  const hash = keyHash(key)
  const row = findKey(world, hash)
  if (!row) return 'invalid'
  if (row['scheme'] !== undefined && row['scheme'] !== scheme) return 'invalid'
  if (row['revoked'] === true || row['_revoked'] === true || row['is_active'] === false || row['revoked_at']) return 'revoked'
  if (row['expires_at'] && Date.parse(row['expires_at']) <= world.now()) return 'expired'
  return keyActor(world, row, scheme)
}

function findKey(world: SystemWorld, hash: string): Row | undefined {
  return world.store.collection('_keys').peekBy('_hash', hash)?.row
}

function keyActor(world: SystemWorld, row: Row, scheme: string): Actor {
  const scopes = row['scopes'] ?? row['permissions'] ?? row['_scopes'] ?? (row['scope'] === undefined ? [] : [row['scope']])
  return {
    scheme,
    credential: String(row.id),
    org: row['_org'] ?? 'main',
    ...(row['user_id'] !== undefined && { user: String(row['user_id']) }),
    scopes,
    row,
    ...world.system.definition.profile.keyActor?.(row, scheme),
  }
}

/** The row to store for a new key: its hash and its beginning, never the key. */
export function keyRow(key: string): { _hash: string; _prefix: string } {
  return { _hash: keyHash(key), _prefix: key.slice(0, 12) }
}
