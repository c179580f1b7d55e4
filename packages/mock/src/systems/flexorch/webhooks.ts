import { type WebhookDefinition, defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Members, Row } from '../../kernel/types.js'
import { hmacHex } from '../../world/hash.js'
import { invalid, same } from './answers.js'
import { isFormat } from './exports/formats.js'
import { writeExport } from './exports/write.js'

const EVENTS = ['job.completed', 'job.failed', 'dataset.ready']
const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/i

/** The lowercase hex HMAC-SHA256 of the raw body; a registration without a secret gets none. One more attempt after a failure. */
export const delivery: WebhookDefinition = {
  sign: ({ body, secret }): Record<string, string> => (secret === '' ? {} : { 'X-Flexorch-Signature': hmacHex(secret, body) }),
  retries: [2_000],
}

/** Tells every address that asked for the event. */
export function notify(c: SystemContext, event: string, payload: Members): void {
  for (const hook of listeners(c, event)) send(c, hook, event, payload)
}

/** As `notify`, but where a registration has `auto_export`, the file is in place before. */
export function notifyReady(c: SystemContext, dataset: Row, payload: Members): void {
  for (const hook of listeners(c, 'dataset.ready')) {
    if (hook['_auto_export']) c.schedule(0, 'webhooks.autoExport', { hook: hook.id, dataset: dataset.id, payload })
    else send(c, hook, 'dataset.ready', payload)
  }
}

export const webhooks = defineResource({
  collections: {
    webhooks: {
      label: 'Webhook',
      id: 'wh-',
      stamps: { created: 'created_at' },
      create: ({ url, events, secret, auto_export }, c) => {
        if (!/^https:\/\//i.test(url) && !LOOPBACK.test(url)) return invalid(c, 'url must be an HTTPS address')
        const unknown = events.find((event: string) => !EVENTS.includes(event))
        if (events.length === 0 || unknown !== undefined) return invalid(c, unknown === undefined ? 'events must not be empty' : `events: ${unknown} is not one of ${EVENTS.join(', ')}`)
        if (auto_export) {
          if (!c.store('connectors').find((row) => same(row.id, auto_export.connector_id) && row['active'])) return invalid(c, 'auto_export.connector_id names no connector')
          if (auto_export.format !== undefined && !isFormat(auto_export.format)) return invalid(c, `auto_export.format: ${auto_export.format} is no export format`)
        }
        return { url, events: [...new Set(events)], active: true, _secret: secret ?? '', _auto_export: auto_export ?? null }
      },
    },
  },
  tasks: {
    'webhooks.autoExport': async (c, { hook: id, dataset, payload }) => {
      const hook = c.store('webhooks').get(id)
      if (!hook) return
      const { connector_id, format, prefix } = hook['_auto_export']
      const connector = c.store('connectors').get(connector_id)
      const row = c.store('datasets').get(dataset)
      if (connector && row) await writeExport(c, row, connector, format ?? 'jsonl', prefix ?? '')
      send(c, hook, 'dataset.ready', payload)
    },
  },
})

function listeners(c: SystemContext, event: string): Row[] {
  return c.store('webhooks').all((row) => row['active'] === true && row['events'].includes(event))
}

function send(c: SystemContext, hook: Row, event: string, payload: Members): void {
  c.deliver({ id: String(hook.id), url: hook['url'], secret: hook['_secret'] ?? '' }, event, { event, ...payload, timestamp: c.now() })
}
