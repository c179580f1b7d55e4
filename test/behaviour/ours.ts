import { FlexOrch } from '@orkit/sdk/flexorch'
import { Klarefi } from '@orkit/sdk/klarefi'
import { Orbiter } from '@orkit/sdk/orbiter'
import { Orca } from '@orkit/sdk/orca'
import { Orckai, OrkitError } from '@orkit/sdk/orckai'
import { SECRET, type CallOptions, type ClientSettings, type Subject } from './subject.js'

/** Our five clients, each with an operation of every kind that it has. */

const common = ({ url, fetch, instant, query = '', options }: ClientSettings, path: string) => ({
  baseUrl: `${url}${path}${query}`,
  ...options,
  ...(fetch === undefined ? {} : { fetch }),
  ...(instant === true ? { clock: { sleep: async () => undefined } } : {}),
})
const ownError = (error: unknown) => error instanceof OrkitError

async function* texts(stream: AsyncIterable<{ content?: unknown }>): AsyncGenerator<string> {
  for await (const event of stream) yield String(event.content ?? '')
}

const orca: Subject = {
  name: 'Orca',
  ownError,
  open(settings) {
    const client = new Orca({ token: SECRET, ...common(settings, '/api/v1') })
    return {
      get: async (options) => client.files.get('f1', options),
      post: async (options) => client.contracts.create({} as never, options),
      remove: async (id) => client.files.delete(id),
    }
  },
}

const orckai: Subject = {
  name: 'Orckai',
  ownError,
  sse: { event: (text) => ({ data: JSON.stringify({ content: text, done: false }) }), end: 'data: {"content":"","done":true}\n\n' },
  open(settings) {
    const client = new Orckai({ apiKey: SECRET, ...common(settings, '/api/v1') })
    return {
      get: async (options) => client.agents.get('a1', options),
      post: async (options) => client.agents.create({ name: 'x' }, options),
      remove: async (id) => client.agents.delete(id),
      stream: (options) => texts(client.chat.stream({ message: 'hi' }, options) as AsyncIterable<{ content?: unknown }>),
    }
  },
}

const flexorch: Subject = {
  name: 'FlexOrch',
  ownError,
  open(settings) {
    const client = new FlexOrch({ apiKey: SECRET, ...common(settings, '/v1') })
    return {
      get: async (options) => client.documents.get('d1', options),
      post: async (options) => client.team.invite({ email: 'x@example.com', role: 'member' } as never, options),
      remove: async (id) => client.connectors.delete(id),
    }
  },
}

const klarefi: Subject = {
  name: 'Klarefi',
  ownError,
  open(settings) {
    const client = new Klarefi({ apiKey: SECRET, ...common(settings, '') })
    return {
      get: async (options) => client.cases.get('c1', options),
      // The spec gives this one a key, so that it is repeated, with the same key each time.
      post: async (options) => client.sessions.create({ case_type_id: 'ct' } as never, options),
      remove: async (id) => client.documents.erase(id),
    }
  },
}

const orbiter: Subject = {
  name: 'Orbiter',
  ownError,
  sse: { event: (text) => ({ data: JSON.stringify({ type: 'token', content: text }) }), end: 'data: {"type":"done"}\n\n' },
  open(settings) {
    const client = new Orbiter({ email: 'ada@example.com', password: SECRET, deploymentKey: SECRET, ...common(settings, '') })
    return {
      get: async (options) => client.agents.get('a1', options),
      post: async (options) => client.agents.create({ name: 'x' } as never, options),
      remove: async (id) => client.agents.delete(id),
      stream: (options: CallOptions = {}) => texts(client.deployments.run('d1', { input: 'hi', stream: true } as never, options) as AsyncIterable<{ content?: unknown }>),
    }
  },
}

export const ours: readonly Subject[] = [orca, orckai, flexorch, klarefi, orbiter]
