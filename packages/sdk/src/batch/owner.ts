import { createHmac } from 'node:crypto'
import { NotFoundError, PermissionDeniedError } from '../core/errors/api.js'
import { env } from '../core/environment.js'
import type { Adapter, Owner } from './adapters.js'
import type { BatchClient } from './types.js'

/**
 * Whose account the documents go to: as the API tells it, else as the signed-in user's token does, else a keyed digest of the credential, from
 * which it cannot be found out, and which stays the same when a token is renewed. Undefined when nothing tells. Rejects as the request does.
 */
export async function ownerOf(client: BatchClient, adapter: Adapter, signal?: AbortSignal): Promise<Owner | undefined> {
  const { owner } = adapter
  if (owner !== undefined) {
    try {
      const told = owner.read(await client.request<PromiseLike<unknown>>(owner.operation, {}, { signal }))
      if (told !== undefined) return told
    } catch (error) {
      // A key that may upload need not be allowed to look at its account.
      if (!(error instanceof PermissionDeniedError || error instanceof NotFoundError)) throw error
    }
  }
  const headers = (await client._authorize?.('POST', client.operations[adapter.operation]?.auth)) ?? {}
  const digest = (text: string) => ({ id: `credential ${createHmac('sha256', `orkit batch owner ${client.profile.system} ${client.baseUrl}`).update(text).digest('hex').slice(0, 24)}` })
  const { authorization, cookie, ...others } = headers
  const token = authorization?.replace(/^bearer /i, '')
  const claims = token === undefined ? undefined : claimsOf(token)
  if (claims !== undefined) return userOf(claims) ?? nameOf(client, digest)
  if (cookie !== undefined) return nameOf(client, digest)
  const key = token ?? keyOf(client, others)
  return key === undefined ? undefined : digest(key)
}

/** The payload of a JSON web token; undefined for anything else. */
function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

const USER = ['sub', 'user_id', 'userId']
const ORGANIZATION = ['org_id', 'organization_id', 'organizationId', 'tenant_id', 'tenant', 'org']

function userOf(claims: Readonly<Record<string, unknown>>): Owner | undefined {
  const first = (names: readonly string[]) => names.map((name) => claims[name]).find((value) => (typeof value === 'string' && value !== '') || typeof value === 'number')
  const [user, organization] = [first(USER), first(ORGANIZATION)]
  if (user === undefined) return organization === undefined ? undefined : { id: `organization ${organization as string}` }
  return { id: `user ${user as string}${organization === undefined ? '' : ` of ${organization as string}`}` }
}

/** What a user signs in as, where neither answer nor token names the user. */
function nameOf(client: BatchClient, digest: (text: string) => Owner): Owner | undefined {
  for (const { credentials } of Object.values(client.profile.schemes)) {
    for (const { name, env: variable, secret } of credentials) {
      const value = secret === true ? undefined : ((client._options as Readonly<Record<string, unknown>> | undefined)?.[name] ?? env(variable))
      if (typeof value === 'string' && value !== '') return digest(value)
    }
  }
  return undefined
}

/** The header that the system's key travels in. */
function keyOf(client: BatchClient, headers: Readonly<Record<string, string>>): string | undefined {
  const names = Object.values(client.profile.schemes).filter((scheme) => scheme.strategy === 'apiKey' && scheme.in === 'header').map((scheme) => scheme.name.toLowerCase())
  return names.map((name) => headers[name]).find((value) => value !== undefined)
}
