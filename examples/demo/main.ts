// The main job, on the documents in examples/documents: five systems, with nothing but the CLI against the reference server.
// Each step is one or two commands that the README shows; nothing here is special to the demo.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { flexorch, klarefi, orbiter, orca, orckai } from './steps.js'
import { root, Shell } from './shell.js'

const out = join(root, 'out')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })

const home = join(out, 'home')
const base: Record<string, string> = { XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state'), ORKIT_CREDENTIAL_STORE: 'file' }
const { server, child } = await new Shell(base).serve()
const env: Record<string, string> = { ...base }
for (const { system, baseUrl, credentials } of server.systems) {
  env[`${system.toUpperCase()}_BASE_URL`] = baseUrl
  if (credentials['apiKey'] && system !== 'orca') env[`${system.toUpperCase()}_API_KEY`] = credentials['apiKey']
}

const shell = new Shell(env)
const summary: { readonly step: string; readonly result: string; readonly seconds: string; readonly ok: boolean }[] = []
try {
  for (const [name, step] of Object.entries({ FlexOrch: flexorch, ORCA: orca, Orckai: orckai, Klarefi: klarefi, Orbiter: orbiter })) {
    process.stdout.write(`\n\u001b[1m${name}\u001b[0m\n`)
    const started = Date.now()
    const seconds = () => ((Date.now() - started) / 1000).toFixed(1)
    try {
      summary.push({ step: name, result: await step(shell, out), seconds: seconds(), ok: true })
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      summary.push({ step: name, result: `failed: ${error instanceof Error ? error.message.split('\n')[0]! : String(error)}`, seconds: seconds(), ok: false })
    }
  }
} finally {
  child.kill('SIGTERM')
}

const widest = Math.max(...summary.map(({ result }) => result.length))
const table = summary.map(({ step, result, seconds, ok }) => `${ok ? 'ok  ' : 'FAIL'}  ${step.padEnd(9)} ${result.padEnd(widest)} ${seconds.padStart(5)} s`).join('\n')
process.stdout.write(`\n\u001b[1mSummary\u001b[0m\n${table}\n\nResults are under ${out}\n`)
writeFileSync(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
process.exitCode = summary.every(({ ok }) => ok) ? 0 : 1
