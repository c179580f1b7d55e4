import { fileURLToPath } from 'node:url'
import { version } from '../package.json'
import { nodeIo } from './app/node-io.js'
import { run as runApp } from './app/run.js'
import { commandTree } from './commands/catalog.js'
import { openClient } from './client/open.js'

/** Entry of the bins: `argv` without node and script. */
export function run(argv: readonly string[]): void {
  const app = { root: commandTree(fileURLToPath(new URL('manifest', import.meta.url))), version, openClient }
  runApp(app, argv, nodeIo()).then(
    (code) => {
      process.exitCode = code
    },
    (error: unknown) => {
      process.stderr.write(`orkit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exitCode = 1
    },
  )
}
