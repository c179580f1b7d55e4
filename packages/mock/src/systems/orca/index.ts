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
  credentials: (world) => {
    const user = (world['_users'] ?? []).find((row) => row._org === undefined)
    const key = (world['_keys'] ?? []).find((row) => row.scope === 'admin' && row.is_active && row._org === undefined)
    return { email: user?.email, password: user?._password, apiKey: key?.key }
  },
  resources: [auth, files, jobs, publicSurface, scans, reports, billing, contracts, chat],
})
