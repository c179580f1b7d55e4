import { defineResource } from '../../kernel/definition.js'
import { invalid } from './answers.js'

/** All but the first are our spellings: only that one is documented. */
const PROVIDERS = ['openai', 'anthropic', 'azure_openai', 'azure', 'custom']

export const settings = defineResource({
  behaviours: {
    'settings.llmConfig': (c) => {
      const { provider, model, api_key } = c.body
      if (!PROVIDERS.includes(provider)) return invalid(c, `provider must be one of ${PROVIDERS.join(', ')}`)
      if (api_key === '') return invalid(c, 'api_key must not be empty')
      const before = c.store('settings').find(() => true)
      const config = { provider, model, updated_at: c.now(), _apiKey: api_key }
      const { id: _, ...shown } = before ? c.store('settings').update(before.id, config) : c.store('settings').insert(config)
      return shown
    },
  },
})
