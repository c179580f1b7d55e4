import { fileURLToPath } from 'node:url'
import type { App } from '../src/app/run.js'
import { openClient } from '../src/client/open.js'
import { commandTree } from '../src/commands/catalog.js'

export const manifests = fileURLToPath(new URL('../src/manifest', import.meta.url))

/** The CLI as it is, but for its version, and for the rate limits: they are counted by process, and here many commands share one. */
export const app: App = { root: commandTree(manifests), version: '1.2.3', openClient: (system, io, settings, onClose) => openClient(system, io, settings, onClose, { rateLimit: false }) }
