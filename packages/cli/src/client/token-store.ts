import type { StoredTokens, TokenStore } from '@orkit/sdk/core'
import type { SecretStore } from './secret-store.js'

/** Tokens of a sign-in, kept from one command to the next: one record for each profile and system. */
export function tokenStore(store: Pick<SecretStore, 'get' | 'set' | 'delete' | 'exclusive'>, prefix: string): TokenStore {
  const name = (key: string) => `${prefix}/tokens/${key}`
  return {
    async get(key) {
      const text = await store.get(name(key))
      if (text === undefined) return undefined
      try {
        return JSON.parse(text) as StoredTokens
      } catch {
        return undefined
      }
    },
    set: (key, tokens) => store.set(name(key), JSON.stringify(tokens)),
    exclusive: (_key, action) => store.exclusive(action),
    delete: (key) => store.delete(name(key)),
  }
}
