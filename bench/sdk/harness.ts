import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Starts the server in a process of its own; gives its origin and what ends it. */
export async function startServer(): Promise<{ readonly origin: string; readonly stop: () => void }> {
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)))
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number))
    child.once('exit', (code) => reject(new Error(`the bench server ended with ${code}`)))
  })
  return { origin: `http://127.0.0.1:${port}`, stop: () => void child.kill() }
}
