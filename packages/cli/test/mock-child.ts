// The CLI from its sources, as a process that a test can kill.
import { fileURLToPath } from 'node:url'
import { run } from '../src/main.js'

run(process.argv.slice(2), fileURLToPath(new URL('../src/manifest', import.meta.url)))
