import { keyRow } from '../../gates/keys.js'
import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Reply } from '../../kernel/reply.js'

export const PERMISSIONS = ['ci:deploy', 'ci:evaluate', 'ci:status']

export const apiKeys = defineResource({
  collections: {
    apiKeys: {
      label: 'API key',
      newestFirst: true,
      remove: (row, c) => void c.world.store.collection('_keys').remove(row.id),
    },
  },
  behaviours: { 'apiKeys.create': create, 'apiKeys.createInSettings': create },
})

/** Permissions that do not exist are dropped; when none is left, the key gets all. The key is in this answer only. */
function create(c: Context): Reply {
  const asked = PERMISSIONS.filter((one) => c.body.permissions?.includes(one) ?? true)
  const permissions = asked.length > 0 ? asked : PERMISSIONS
  const key = `orb_ci_${c.world.ids.token('apiKeys.secret')}`
  const stored = keyRow(key)
  const row = c.store('apiKeys').insert({ id: c.id('apiKeys'), label: c.body.label ?? '', permissions, key_prefix: `${stored._hash.slice(0, 8)}...`, last_used_at: null, created_at: c.now() })
  c.world.store.collection('_keys').insert({ id: row.id, ...stored, scheme: 'ciKey', permissions, user_id: c.owner, ...(c.org !== 'main' && { _org: c.org }) })
  const { id, label, created_at } = row
  return c.created({ id, label, permissions, api_key: key, created_at })
}
