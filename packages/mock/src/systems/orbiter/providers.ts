import { defineResource } from '../../kernel/definition.js'
import type { Context } from '../../kernel/context.js'
import type { Members, Row } from '../../kernel/types.js'
import { changes, draft, STAMPS } from './rows.js'

/** Administrators only (see the guard). Of a key it is kept that there is one, never the key. */
export const providers = defineResource({
  collections: {
    providers: {
      newestFirst: true,
      stamps: STAMPS,
      create(input, c) {
        return {
          ...draft(c, 'providers', ['name', 'provider_type'], { base_url: null, max_retries: 3, timeout: 30 }),
          api_key_set: Boolean(input['api_key']), load_balance_strategy: 'round_robin', user_id: c.owner, _key_count: 0,
        }
      },
      update(_input, _row, c) {
        const { api_key: key, ...rest }: Members = changes(c, ['name', 'provider_type', 'api_key', 'base_url', 'max_retries', 'timeout'])
        // A new key or address may reach what the old one did not.
        return { ...rest, ...(key !== undefined && { api_key_set: key !== '' }), ...((key !== undefined || rest['base_url'] !== undefined) && { _test: null }) }
      },
    },
  },
  behaviours: {
    'providers.test': (c) => c.ok(connection(c, c.store('providers').need(c.path['provider_id']!))),
  },
})

/** What one call to the vendor would bring: what the seed says, else a success wherever there is a way to call. */
function connection(c: Context, provider: Row): Members {
  if (provider['_test']) return provider['_test']
  const latency = c.world.random(`latency/${provider.id}`).integer(400, 2400) / 10
  if (c.outcome(provider['name'], provider['base_url']) === 'failure') return { success: false, error: 'Connection refused', latency_ms: 1.8 }
  const open = provider['provider_type'] === 'ollama' || (provider['provider_type'] === 'custom' && provider['base_url'] !== null)
  if (!provider['api_key_set'] && !open) return { success: false, error: 'No API key configured', latency_ms: 0 }
  return { success: true, error: null, latency_ms: latency }
}
