import { bearerAuth } from '../../core/auth/key.js'
import type { ClientParts } from '../../core/client.js'
import type { ClientOptions } from '../../core/options.js'
import { constructEvent, type VerifyOptions } from '../../webhooks/klarefi.js'
import { operations, profile } from './operations.gen.js'
import { KlarefiResources, type KlarefiCredentials, Webhooks, type KlarefiWebhookEvents } from './resources.gen.js'

/** Credentials, and what holds for all calls of a client. */
export type KlarefiOptions = ClientOptions & KlarefiCredentials

const parts: ClientParts = { auth: { bearer: bearerAuth } }

/** Webhook operations, and the verification of the events that Klarefi sends. */
export class KlarefiWebhooks extends Webhooks {
  /**
   * The event in a delivery, once its signature and age are right; a `WebhookVerificationError` otherwise. Give the body exactly as it came.
   */
  constructEvent(rawBody: string | Uint8Array | ArrayBuffer, signatureHeader: string | null | undefined, secret: string | readonly string[], options?: VerifyOptions): Promise<KlarefiWebhookEvent> {
    return constructEvent<KlarefiWebhookEvent>(rawBody, signatureHeader, secret, options)
  }
}

/** Any event that Klarefi sends. */
export type KlarefiWebhookEvent = KlarefiWebhookEvents[keyof KlarefiWebhookEvents]

/** The Klarefi API. Signs in with apiKey; what is not given is read from the environment when it is needed. */
export class Klarefi extends KlarefiResources {
  override readonly webhooks = new KlarefiWebhooks(this)

  constructor(options: KlarefiOptions = {}) {
    super(profile, operations, options, parts)
  }
}
