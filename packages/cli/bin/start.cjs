'use strict'
const { join } = require('node:path')

const dist = join(__dirname, '..', 'dist')

module.exports = (argv) => {
  let main
  try {
    main = load()
  } catch (error) {
    process.stderr.write(error.code === 'ENOENT' || (error.code === 'MODULE_NOT_FOUND' && /dist[\\/]main\.cjs/.test(error.message)) ? 'orkit is not built: run `npm run demo` or `pnpm build` first.\n' : `orkit: ${error.stack}\n`)
    process.exitCode = 1
    return
  }
  main.run(argv, join(dist, 'manifest'))
}

/** Compiled code is kept from one start to the next: by Node where it can, else by `code-cache.cjs`. Compiling is a sixth of what a command costs. */
function load() {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return require('../dist/main.cjs')
  if (Number(process.versions.node.split('.')[0]) < 22) return require('./code-cache.cjs')(dist)
  require('node:module').enableCompileCache?.()
  return require('../dist/main.cjs')
}
