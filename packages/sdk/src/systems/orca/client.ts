import { jwtAuth } from '../../core/auth/jwt.js'
import { bearerAuth } from '../../core/auth/key.js'
import type { ClientParts } from '../../core/client.js'
import { clientSocket } from '../../core/client-socket.js'
import { multipart } from '../../core/lazy.js'
import type { ClientOptions } from '../../core/options.js'
import { watchToEnd } from '../../core/watch.js'
import { operations, profile } from './operations.gen.js'
import { OrcaResources, type OrcaCredentials } from './resources.gen.js'

/** Credentials, and what holds for all calls of a client. */
export type OrcaOptions = ClientOptions & OrcaCredentials

const parts: ClientParts = { auth: { jwt: jwtAuth, bearer: bearerAuth }, multipart, socket: clientSocket, watch: watchToEnd }

/** The ORCA API. Signs in with email and password, or apiKey for the public surface; what is not given is read from the environment when it is needed. */
export class Orca extends OrcaResources {
  constructor(options: OrcaOptions = {}) {
    super(profile, operations, options, parts)
  }
}
