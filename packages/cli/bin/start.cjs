'use strict'

module.exports = (argv) => {
  // Keeps compiled code from one start to the next, on a Node that can.
  require('node:module').enableCompileCache?.()
  let main
  try {
    main = require('../dist/main.cjs')
  } catch (error) {
    process.stderr.write(error.code === 'MODULE_NOT_FOUND' && /dist[\\/]main\.cjs/.test(error.message) ? 'orkit is not built: run `npm run demo` or `pnpm build` first.\n' : `orkit: ${error.stack}\n`)
    process.exitCode = 1
    return
  }
  main.run(argv, require('node:path').join(__dirname, '..', 'dist', 'manifest'))
}
