import { apiKeyAuth, bearerAuth } from '../../core/auth/key.js'
import { sessionAuth } from '../../core/auth/session.js'
import type { ClientParts } from '../../core/client.js'
import { clientSocket } from '../../core/client-socket.js'
import { events, multipart } from '../../core/lazy.js'
import type { ClientOptions } from '../../core/options.js'
import { operations, profile } from './operations.gen.js'
import { runIds } from './queued-run.js'
import { OrbiterResources, type OrbiterCredentials } from './resources.gen.js'

/** Credentials, and what holds for all calls of a client. */
export type OrbiterOptions = ClientOptions & OrbiterCredentials

const parts: ClientParts = { auth: { session: sessionAuth, apiKey: apiKeyAuth, bearer: bearerAuth }, multipart, events, socket: clientSocket, waitIds: runIds }

/** The Orbiter API. Signs in with email and password; ciKey and deploymentKey for the operations that take those; what is not given is read from the environment when it is needed. */
export class Orbiter extends OrbiterResources {
  constructor(options: OrbiterOptions = {}) {
    super(profile, operations, options, parts)
  }
}
