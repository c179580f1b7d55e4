import { defineSystem } from '../../kernel/system.js'
import { cases } from './cases.js'
import { erasure } from './erasure.js'
import { webhooks } from './events.js'
import { organisation } from './organisation.js'
import { processing } from './processing.js'
import { profile } from './profile.js'
import { document } from './routes.gen.js'
import { seed } from './seed.js'
import { sessions } from './sessions.js'
import { webhookHelpers } from './webhooks.js'

export const klarefi = defineSystem({ document, seed, profile, webhooks, resources: [processing, cases, sessions, erasure, organisation, webhookHelpers] })
