import { expect, it } from 'vitest'
import { withFallback, type SecretStore } from './secret-store.js'

function inMemory(kind: SecretStore['kind'], refuses: () => boolean = () => false): SecretStore & { readonly held: Map<string, string> } {
  const held = new Map<string, string>()
  return {
    kind, held, place: kind,
    placeOf: async () => kind,
    get: async (name) => held.get(name),
    set: async (name, value) => {
      if (refuses()) throw new Error('locked\nby another session')
      held.set(name, value)
    },
    delete: async (name) => void held.delete(name),
    exclusive: (action) => action(),
  }
}

it('what a key store refuses goes into the file, with one warning; once it takes it, the older value in the file is gone', async () => {
  let locked = true
  const [keys, file] = [inMemory('keyring', () => locked), inMemory('file')]
  const warnings: string[] = []
  const store = withFallback(keys, file, async (text) => void warnings.push(text))
  expect(store.place).toBe('keyring')
  await store.set('token', 'old')
  await store.set('token', 'newer')
  expect([warnings.length, warnings[0], store.place, await store.get('token'), await store.placeOf('token')]).toEqual([1, expect.stringContaining('refuses (locked)'), 'file', 'newer', 'file'])
  locked = false
  await store.set('token', 'newest')
  expect([await store.get('token'), [...file.held]]).toEqual(['newest', []])
  file.held.set('token', 'from before')
  await store.delete('token')
  expect([keys.held.size, file.held.size]).toEqual([0, 0])
})
