import { nodeTransport } from '@orkit/sdk/node'
import { randomUUID } from 'node:crypto'
import type { Context, Input, Result } from '../app/command.js'
import { exit } from '../app/exit.js'
import { closest } from '../app/closest.js'
import { UsageError } from '../app/usage-error.js'
import { LISTEN_PORT, LOCAL_SECRET } from './webhooks-defaults.js'
import { secretsOf, systemOfEvent, type WebhookSystem } from './webhooks-scheme.js'

interface Document {
  readonly webhooks?: Readonly<Record<string, { readonly post: { readonly summary?: string; readonly requestBody: { readonly content: { readonly 'application/json': { readonly example?: unknown } } } } }>>
}

type Ask = (path: string, init?: { method: string; headers: Record<string, string>; body: string }) => Promise<Response>

const systems: readonly WebhookSystem[] = ['klarefi', 'flexorch']

/** A reference server of its own, gone when the command ends; or one that runs. */
async function server(context: Context, address: string | undefined): Promise<Ask> {
  if (address !== undefined) {
    if (!URL.canParse(address)) throw new UsageError(`--server: '${address}' is not a URL`, 'Example: --server http://127.0.0.1:4010')
    const base = address.replace(/\/+$/, '')
    // A server of one's own is not behind a proxy.
    const transport = nodeTransport({ env: false })
    context.onClose(() => transport.close())
    return (path, init) => transport(`${base}${path}`, { method: 'GET', headers: {}, redirect: 'error', ...init, signal: context.io.signal })
  }
  const { createMock } = await import('@orkit/mock')
  const mock = createMock({ systems })
  context.onClose(() => mock.close())
  const { origin } = new URL(mock.baseUrl('klarefi'))
  return (path, init) => mock.fetch(`${origin}${path}`, init)
}

const documentOf = async (ask: Ask, system: WebhookSystem): Promise<Document> => (await ask(`/${system}/openapi.json`)).json() as Promise<Document>

export async function listEvents(context: Context, { values }: Input): Promise<Result> {
  const ask = await server(context, undefined)
  const chosen = values['system'] === undefined ? systems : [values['system'] as WebhookSystem]
  const rows: unknown[] = []
  for (const system of chosen) for (const [event, { post }] of Object.entries((await documentOf(ask, system)).webhooks ?? {})) rows.push({ system, event, summary: post.summary ?? '' })
  return { kind: 'rows', rows, columns: ['system', 'event', 'summary'] }
}

/** Sends one event and tells what the receiver answered. */
export async function runTrigger(context: Context, input: Input): Promise<Result> {
  const { values } = input
  const event = String(values['event'])
  const system = (values['system'] as WebhookSystem | undefined) ?? systemOfEvent(event)
  const ask = await server(context, values['server'] as string | undefined)
  const known = (await documentOf(ask, system)).webhooks ?? {}
  const described = known[event]
  if (described === undefined) {
    const near = closest(event, Object.keys(known))
    throw new UsageError(`${system} has no event '${event}'`, near ? `Did you mean '${near}'?` : "'orkit webhooks events' lists them.")
  }
  const payload = { ...fresh(described.post.requestBody.content['application/json'].example, context.io.now()), ...overlaid((values['data'] as string[] | undefined) ?? []) }
  const url = (values['to'] as string | undefined) ?? `http://127.0.0.1:${LISTEN_PORT}`
  const body = JSON.stringify({ system, url, event, payload, secret: secretsOf(input, context.io, LOCAL_SECRET)[0] })
  const answer = await ask('/__orkit/webhooks', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const told = (await answer.json()) as { status?: number; error?: string; refused?: boolean }
  if (!answer.ok) throw new UsageError(`the reference server refused: ${told.error ?? answer.status}`)
  if (told.refused) throw new UsageError(`${url} is not sent to: ${told.error}`, 'Only loopback addresses are, so that no test reaches a stranger.')
  const delivered = told.status !== undefined && told.status >= 200 && told.status < 300
  if (!delivered) await context.note(`${url}: ${told.status === undefined ? told.error : `answered ${told.status}`}`)
  return { kind: 'value', value: { event, url, status: told.status ?? null, ...(told.error === undefined ? {} : { error: told.error }), payload }, exit: delivered ? exit.ok : exit.someFailed }
}

/** The example with ids and times of now, so that a receiver that remembers deliveries takes each of them. */
function fresh(example: unknown, now: number): Record<string, unknown> {
  const time = new Date(now).toISOString()
  const id = () => randomUUID().replaceAll('-', '').slice(0, 16)
  const renewed: Readonly<Record<string, () => unknown>> = { event_id: () => `evt_${id()}`, delivery_id: () => `whd_${id()}`, created_at: () => time, occurred_at: () => time, timestamp: () => time }
  return Object.fromEntries(Object.entries((example ?? {}) as Record<string, unknown>).map(([name, value]) => [name, renewed[name]?.() ?? value]))
}

function overlaid(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const match = /^([^:=]+)(:?=)([\s\S]*)$/.exec(pair)
      if (!match) throw new UsageError(`--data: '${pair}' is not key=value`, 'Use key=text or key:=json.')
      const [, name, sign, text] = match as unknown as [string, string, string, string]
      if (sign === '=') return [name, text]
      try {
        return [name, JSON.parse(text) as unknown]
      } catch {
        throw new UsageError(`--data: ${name}: '${text}' is not JSON`)
      }
    }),
  )
}
