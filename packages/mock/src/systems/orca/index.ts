import { defineSystem } from '../../kernel/system.js'
import { auth, proveUser } from './auth.js'
import { billing } from './billing.js'
import { chat } from './chat.js'
import { contracts } from './contracts.js'
import { files } from './files.js'
import { jobs } from './jobs.js'
import { profile } from './profile.js'
import { publicSurface } from './public.js'
import { reports } from './reports.js'
import { document } from './routes.gen.js'
import { scans } from './scans.js'
import { seed } from './seed.js'

export const orca = defineSystem({
  document,
  seed,
  profile,
  authenticate: { jwt: proveUser },
  resources: [auth, files, jobs, publicSurface, scans, reports, billing, contracts, chat],
})
