import { apiKeyAuth } from '../../core/auth/key.js'
import type { ClientParts } from '../../core/client.js'
import { events, multipart } from '../../core/lazy.js'
import type { ClientOptions } from '../../core/options.js'
import { operations, profile } from './operations.gen.js'
import { OrckaiResources, type OrckaiCredentials } from './resources.gen.js'

/** Credentials, and what holds for all calls of a client. */
export type OrckaiOptions = ClientOptions & OrckaiCredentials

const parts: ClientParts = { auth: { apiKey: apiKeyAuth }, multipart, events }

/** The Orckai API. Signs in with apiKey; what is not given is read from the environment when it is needed. */
export class Orckai extends OrckaiResources {
  constructor(options: OrckaiOptions = {}) {
    super(profile, operations, options, parts)
  }
}
