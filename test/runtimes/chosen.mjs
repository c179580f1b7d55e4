// One call by the client as imported and one as required, to a server that looks at what they come over.
import { createRequire } from 'node:module'
import { Orckai } from '@orkit/sdk/orckai'

const required = createRequire(import.meta.url)('@orkit/sdk/orckai')
for (const Client of [Orckai, required.Orckai]) await new Client({ apiKey: 'oak_x', baseUrl: process.argv[2] }).agents.get('a')
