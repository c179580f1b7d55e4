// Runs the steps of `npm run demo` and `npm test` with the pinned pnpm, on a machine that has only Node and npm.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager

const run = (name, command, args, env = {}) => {
  const started = Date.now()
  console.log(`\n> ${name}`)
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env }, shell: process.platform === 'win32' })
  if (error) console.error(error.message)
  if (status !== 0) {
    console.error(`\n${name} failed (exit ${status ?? 'by signal'})`)
    process.exit(status || 1)
  }
  console.log(`  ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

/** The pinned pnpm: the one on the PATH when it is that version, else npx fetches it. */
const pnpm = (() => {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  return status === 0 && `pnpm@${stdout.trim()}` === pinned ? ['pnpm', []] : ['npx', ['--yes', pinned]]
})()
const step = (name, args, env) => run(name, pnpm[0], [...pnpm[1], ...args], env)

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`orkit needs Node 20.19 or newer; this is ${process.version}`)
  process.exit(1)
}

const install = () => step('install', ['install', '--frozen-lockfile', '--prefer-offline', '--config.confirm-modules-purge=false'])
const tasks = {
  demo() {
    install()
    step('build', ['run', 'build'], { ORKIT_BUILD_TYPES: '0' })
    run('demo', process.execPath, ['--import', 'tsx', 'examples/demo/main.ts', ...process.argv.slice(3)])
  },
  test() {
    install()
    step('generate (nothing may change)', ['run', 'generate:check'])
    step('lint the documents', ['run', 'lint:spec'])
    step('lint', ['run', 'lint'])
    step('build', ['run', 'build'])
    step('size', ['run', 'size'])
    step('type-check', ['run', 'typecheck'])
    step('tests', ['exec', 'vitest', 'run', ...process.argv.slice(3)])
  },
}

const task = tasks[process.argv[2]]
if (!task) {
  console.error(`usage: node tools/run.mjs ${Object.keys(tasks).join('|')}`)
  process.exit(2)
}
task()
