import { fileURLToPath } from 'node:url'
import type { App } from '../src/app/run.js'
import { openClient } from '../src/client/open.js'
import { commandTree } from '../src/commands/catalog.js'

export const manifests = fileURLToPath(new URL('../src/manifest', import.meta.url))

/** The CLI as it is, but for its version. */
export const app: App = { root: commandTree(manifests), version: '1.2.3', openClient }
