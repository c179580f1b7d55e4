import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import type { Io } from '../app/io.js'
import { UsageError } from '../app/usage-error.js'
import { secretsOf, systemOfSignature, verified, type WebhookSystem } from './webhooks-scheme.js'

/** Checks one delivery by hand. */
export async function runVerify({ io, settings, note }: Context, input: Input): Promise<Result> {
  const { values } = input
  const secrets = secretsOf(input, io)
  if (secrets.length === 0) throw new UsageError('no signing secret', 'Give --secret, or set ORKIT_WEBHOOK_SECRET.')
  const signature = String(values['signature'])
  const system = (values['system'] as WebhookSystem | undefined) ?? systemOfSignature(signature)
  const event = await verified(system, await payload(values['payload'] as string | undefined, io), signature, secrets, (values['tolerance'] as number | undefined) ?? 300, () => io.now())
  if (settings.output === 'table') await note(`The signature is right (${system}).`)
  return { kind: 'value', value: event }
}

async function payload(name: string | undefined, io: Io): Promise<Uint8Array> {
  if (name === undefined || name === '-') {
    if (io.stdin.isTTY) throw new UsageError('no payload', 'Give a file, or pipe the raw body in.')
    return io.stdin.bytes()
  }
  try {
    return await readFile(resolve(io.cwd, name))
  } catch (error) {
    throw new UsageError(`cannot read ${name}: ${(error as Error).message}`)
  }
}
