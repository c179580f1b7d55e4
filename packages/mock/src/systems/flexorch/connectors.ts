import { crud, subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import type { Members } from '../../kernel/types.js'
import { invalid } from './answers.js'

/** What `config` has to hold. An S3 bucket may also be reached by a role, without keys. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  s3: ['bucket', 'region'],
  gcs: ['bucket'],
  azure_blob: ['account_name', 'container_name'],
  google_drive: ['folder_id'],
  pgvector_external: ['connection_string'],
  pinecone: ['index_name'],
  qdrant: ['url', 'collection_name'],
}

export const connectors = defineResource({
  collections: {
    connectors: {
      stamps: { created: 'created_at' },
      create: ({ type, name, config }, c) => {
        const required = Object.hasOwn(REQUIRED, type) ? REQUIRED[type] : undefined
        if (!required) return invalid(c, `type must be one of ${Object.keys(REQUIRED).join(', ')}`)
        const missing = required.find((member) => config[member] === undefined || config[member] === '')
        if (missing !== undefined) return invalid(c, `config.${missing} is required`)
        const reached = c.outcome(name, config.bucket) === 'success'
        const test: Members = reached ? { success: true, latency_ms: c.world.random(`connector/${name}`).integer(20, 160), message: 'It can be reached' } : { success: false, latency_ms: null, message: 'The credentials were refused' }
        return { name, type, active: true, last_tested_at: null, last_used_at: null, _config: config, _test: test }
      },
    },
  },
  behaviours: {
    'connectors.delete': (c) => {
      const connector = subject(c)
      c.store('connectors').update(connector.id, { active: false })
      for (const schedule of c.store('connectors.schedules').all((row) => row['connector_id'] === connector.id)) c.store('connectors.schedules').update(schedule.id, { is_active: false })
      return c.noContent()
    },
    'connectors.test': (c) => {
      const connector = subject(c, 'connectors')
      c.store('connectors').update(connector.id, { last_tested_at: c.now() })
      return connector['active'] ? connector['_test'] : { success: false, latency_ms: null, message: 'The connector is switched off' }
    },
    'connectors.create': crud,
  },
})
