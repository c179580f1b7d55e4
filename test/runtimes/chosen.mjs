// Says which `fetch` the SDK takes by default on this runtime: the name of the file that the runtime finds for it.
import { createRequire } from 'node:module'

process.stdout.write(`${createRequire(process.argv[2]).resolve('#platform-fetch').split('/').at(-1)}\n`)
