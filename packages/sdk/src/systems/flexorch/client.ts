import { jwtAuth } from '../../core/auth/jwt.js'
import { apiKeyAuth } from '../../core/auth/key.js'
import type { ClientParts } from '../../core/client.js'
import { multipart } from '../../core/lazy.js'
import type { ClientOptions } from '../../core/options.js'
import { processIds } from './process-ids.js'
import { operations, profile } from './operations.gen.js'
import { FlexOrchResources, type FlexOrchCredentials } from './resources.gen.js'

/** Credentials, and what holds for all calls of a client. */
export type FlexOrchOptions = ClientOptions & FlexOrchCredentials

const parts: ClientParts = { auth: { apiKey: apiKeyAuth, jwt: jwtAuth }, multipart, waitIds: processIds }

/** The FlexOrch API. Signs in with apiKey, or email and password; what is not given is read from the environment when it is needed. */
export class FlexOrch extends FlexOrchResources {
  constructor(options: FlexOrchOptions = {}) {
    super(profile, operations, options, parts)
  }
}
