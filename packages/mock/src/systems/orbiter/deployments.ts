import { keyHash } from '../../gates/keys.js'
import type { Context } from '../../kernel/context.js'
import { subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import { Reply } from '../../kernel/reply.js'
import type { Members, Row } from '../../kernel/types.js'
import { callDeployment } from './deployment-call.js'
import { changes, clean, given } from './rows.js'

const FIELDS = ['name', 'status', 'rate_limit']

export const deployments = defineResource({
  collections: {
    deployments: {
      newestFirst: true,
      present: (row, c) => ({ ...row, entity_name: c.store(`${row['entity_type']}s`).get(row['entity_id'])?.['name'] ?? '(deleted)' }),
    },
  },
  behaviours: {
    'deployments.create': (c) => {
      const { name, entity_type: type, entity_id: id, rate_limit: limit } = c.body
      const { row, key } = publish(c, name, type, id, limit ?? 60)
      const { api_key_hash: _, widget_config_json: _w, cors_origins: _o, ...shown } = row
      return c.created({ ...shown, name, api_key: key })
    },
    'deployments.update': (c) => {
      subject(c)
      return update(c, changes(c, FIELDS))
    },
    // By PATCH nothing to change is no error.
    'deployments.patch': (c) => update(c, given(c.body, FIELDS)),
    'deployments.run': callDeployment,
    'deployments.preflight': (c) => new Reply(204, undefined, mayCall(c) ? {
      'access-control-allow-origin': c.header('origin')!, 'access-control-allow-methods': 'POST, OPTIONS', 'access-control-allow-headers': 'Content-Type, Authorization', 'access-control-max-age': '3600',
    } : {}),
  },
})

/** A new deployment of an agent or a workflow, and the key to call it. */
export function publish(c: Context, name: string, type: string, entity: string, limit: number): { row: Row; key: string; target: Row } {
  const target = c.store(`${type}s`).need(entity)
  const key = `orb_${c.world.ids.token('deployments.secret')}`
  const at = c.now()
  const row = c.store('deployments').insert({
    id: c.id('deployments'), name: clean(name), entity_type: type, entity_id: entity, rate_limit: limit, status: 'active', usage_count: 0, api_key_hash: keyHash(key),
    widget_config_json: '{}', cors_origins: '', user_id: c.owner, created_at: at, updated_at: at, ...(c.org !== 'main' && { _org: c.org }),
  })
  return { row, key, target }
}

function update(c: Context, sent: Members): Reply {
  const { id } = c.store('deployments').need(c.path['deployment_id']!)
  const members = Object.keys(sent).length === 0 ? {} : { ...sent, ...(sent['name'] !== undefined && { name: clean(sent['name']) }), updated_at: c.now() }
  const { entity_name: _, ...row } = c.store('deployments').update(id, members)
  return c.ok(row)
}

function mayCall(c: Context): boolean {
  const origin = c.header('origin')
  const allowed = String(c.everyone('deployments').get(c.path['deployment_id']!)?.['cors_origins'] ?? '').split(',').map((one) => one.trim())
  return origin !== undefined && (allowed.includes(origin) || allowed.includes('*'))
}
