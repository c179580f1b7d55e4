import { constructEvent, constructFlexOrchEvent, FLEXORCH_SIGNATURE_HEADER, KLAREFI_SIGNATURE_HEADER } from '@orkit/sdk/webhooks'
import type { Input } from '../app/command.js'
import type { Io } from '../app/io.js'

export type WebhookSystem = 'klarefi' | 'flexorch'

export const signatureHeaders: Readonly<Record<WebhookSystem, string>> = { klarefi: KLAREFI_SIGNATURE_HEADER, flexorch: FLEXORCH_SIGNATURE_HEADER }

/** Whose signature it is: Klarefi's names its time, FlexOrch's is bare hex. */
export const systemOfSignature = (signature: string): WebhookSystem => (/(?:^|,)\s*(?:t|v1)=/.test(signature) ? 'klarefi' : 'flexorch')

/** Klarefi versions its events. */
export const systemOfEvent = (event: string): WebhookSystem => (/^v\d+\./.test(event) ? 'klarefi' : 'flexorch')

export const eventType = (payload: unknown): string => {
  const { event_type, event } = (payload ?? {}) as { event_type?: unknown; event?: unknown }
  return typeof event_type === 'string' ? event_type : typeof event === 'string' ? event : ''
}

/** The event in a delivery, once its signature is right; `tolerance` in seconds, 0 takes any age. Throws a `WebhookVerificationError`. */
export function verified(system: WebhookSystem, body: Uint8Array, signature: string | undefined, secrets: readonly string[], tolerance: number, now: () => number): Promise<unknown> {
  return system === 'klarefi' ? constructEvent(body, signature, secrets, { tolerance: tolerance === 0 ? Number.POSITIVE_INFINITY : tolerance, now }) : constructFlexOrchEvent(body, signature, secrets)
}

/** `--secret`, else the environment, else `fallback`. */
export function secretsOf({ values }: Input, io: Io, fallback?: string): readonly string[] {
  const given = values['secret'] as readonly string[] | string | undefined
  if (given !== undefined) return [given].flat()
  const fromEnv = io.env['ORKIT_WEBHOOK_SECRET']
  return fromEnv ? [fromEnv] : fallback === undefined ? [] : [fallback]
}
