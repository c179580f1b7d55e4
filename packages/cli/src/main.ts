import { version } from '../package.json'
import { nodeIo } from './app/node-io.js'
import { run as runApp, type App } from './app/run.js'
import { commandTree } from './commands/catalog.js'

/** Entry of the bins: `argv` without node and script; `manifests` is the folder with what is known of the systems. */
export function run(argv: readonly string[], manifests: string): void {
  const app: App = { root: commandTree(manifests), version, openClient: async (...given) => (await import('./client/open.js')).openClient(...given) }
  const io = nodeIo()
  runApp(app, argv, io).then(
    async (code) => {
      // What was written goes out; what is still open, as a kept-alive connection or a socket that is closing, holds nobody up.
      process.exitCode = code
      await io.flushed()
      process.exit()
    },
    (error: unknown) => {
      process.stderr.write(`orkit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exitCode = 1
    },
  )
}
