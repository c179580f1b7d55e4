// Type-checks every part with its own settings, two at a time. What did not change since the last time is not checked again.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const folders = ['spec', 'packages/sdk', 'packages/mock', 'packages/cli', 'test', 'examples', 'bench']
const configs = folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []).filter((name) => /^tsconfig(\.\w+)?\.json$/.test(name)).map((name) => join(folder, name)))
const tsc = join('node_modules', 'typescript', 'bin', 'tsc')

let failed = 0
const check = (config) =>
  new Promise((done) => {
    const started = Date.now()
    const state = join('node_modules', '.cache', 'tsc', `${config.replaceAll(/\W/g, '-')}.tsbuildinfo`)
    const child = spawn(process.execPath, [tsc, '-p', config, '--noEmit', '--incremental', '--tsBuildInfoFile', state, '--pretty', 'false'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk) => (text += chunk))
    child.on('close', (code) => {
      if (code !== 0) failed++
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${config} (${((Date.now() - started) / 1000).toFixed(1)} s)${text ? `\n${text}` : ''}`)
      done()
    })
  })

const queue = [...configs]
await Promise.all([1, 2].map(async () => {
  for (let next = queue.shift(); next; next = queue.shift()) await check(next)
}))
process.exitCode = failed === 0 ? 0 : 1
