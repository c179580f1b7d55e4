import Anthropic from '@anthropic-ai/sdk'
import axios from 'axios'
import ky from 'ky'
import { ofetch } from 'ofetch'
import OpenAI from 'openai'
import createClient from 'openapi-fetch'
import { SECRET, type CallOptions, type Subject } from './subject.js'

/** The peers, with their defaults. Options that a peer lacks are left out, which is a result too. */

interface Paths {
  '/things/{id}': { get: { parameters: { path: { id: string } }; responses: { 200: { content: { 'application/json': unknown } } } }; delete: { parameters: { path: { id: string } }; responses: { 200: { content: { 'application/json': unknown } } } } }
  '/things': { post: { requestBody: { content: { 'application/json': { name: string } } }; responses: { 200: { content: { 'application/json': unknown } } } } }
}

const headers = { authorization: `Bearer ${SECRET}`, 'x-api-key': SECRET }
const plain = ({ signal, timeout }: CallOptions = {}) => ({ ...(signal === undefined ? {} : { signal }), ...(timeout === undefined ? {} : { timeout }) })

const openai: Subject = {
  name: 'openai 6',
  ownError: (error) => error instanceof OpenAI.OpenAIError,
  sse: { event: (text) => ({ data: JSON.stringify({ n: 1, choices: [{ delta: { content: text } }] }) }), end: 'data: [DONE]\n\n' },
  open({ url, fetch }) {
    const client = new OpenAI({ apiKey: SECRET, baseURL: `${url}/v1`, defaultHeaders: { 'x-api-key': SECRET }, ...(fetch === undefined ? {} : { fetch }) })
    return {
      get: async (options) => client.models.retrieve('m1', plain(options)),
      post: async (options) => client.chat.completions.create({ model: 'm', messages: [] }, plain(options)),
      remove: async (id) => client.files.delete(id),
      async *stream(options) {
        for await (const chunk of await client.chat.completions.create({ model: 'm', messages: [], stream: true }, plain(options))) yield chunk.choices[0]?.delta.content ?? ''
      },
    }
  },
}

const anthropic: Subject = {
  name: 'anthropic 1',
  ownError: (error) => error instanceof Anthropic.AnthropicError,
  sse: { event: (text) => ({ event: 'message_delta', data: JSON.stringify({ type: 'message_delta', text }) }), end: 'event: message_stop\ndata: {"type":"message_stop"}\n\n' },
  open({ url, fetch }) {
    const client = new Anthropic({ apiKey: SECRET, baseURL: url, ...(fetch === undefined ? {} : { fetch }) })
    return {
      get: async (options) => client.models.retrieve('m1', {}, plain(options)),
      post: async (options) => client.messages.create({ model: 'm', max_tokens: 1, messages: [] }, plain(options)),
      remove: async (id) => client.messages.batches.delete(id),
      async *stream(options) {
        for await (const event of await client.messages.create({ model: 'm', max_tokens: 1, messages: [], stream: true }, plain(options))) yield (event as { text?: string }).text ?? ''
      },
    }
  },
}

const kyPeer: Subject = {
  name: 'ky 1',
  ownError: (error) => error instanceof Error && /^(HTTP|Timeout|Network)Error$/.test(error.name),
  open({ url }) {
    const client = ky.create({ prefixUrl: url, headers })
    return { get: (options) => client.get('things/1', plain(options)).json(), post: (options) => client.post('things', { ...plain(options), json: { name: 'x' } }).json() }
  },
}

const ofetchPeer: Subject = {
  name: 'ofetch 1',
  ownError: (error) => error instanceof Error && error.name === 'FetchError',
  open({ url }) {
    const client = ofetch.create({ baseURL: url, headers })
    return { get: (options) => client('/things/1', plain(options)), post: (options) => client('/things', { ...plain(options), method: 'POST', body: { name: 'x' } }) }
  },
}

const axiosPeer: Subject = {
  name: 'axios 1',
  ownError: (error) => axios.isAxiosError(error),
  open({ url }) {
    const client = axios.create({ baseURL: url, headers })
    return { get: async (options) => (await client.get('/things/1', plain(options))).data, post: async (options) => (await client.post('/things', { name: 'x' }, plain(options))).data }
  },
}

const openapiFetch: Subject = {
  name: 'openapi-fetch',
  ownError: () => false,
  open({ url }) {
    const client = createClient<Paths>({ baseUrl: url, headers })
    const result = async (call: Promise<{ data?: unknown; response: Response }>) => {
      const { data, response } = await call
      if (!response.ok) throw Object.assign(new Error(`status ${response.status}`), { name: 'result.error' })
      return data
    }
    return {
      get: ({ signal } = {}) => result(client.GET('/things/{id}', { params: { path: { id: '1' } }, ...(signal === undefined ? {} : { signal }) })),
      post: ({ signal } = {}) => result(client.POST('/things', { body: { name: 'x' }, ...(signal === undefined ? {} : { signal }) })),
      remove: (id) => result(client.DELETE('/things/{id}', { params: { path: { id } } })),
    }
  },
}

export const peers: readonly Subject[] = [openai, anthropic, kyPeer, ofetchPeer, axiosPeer, openapiFetch]
