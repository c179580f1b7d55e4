'use strict'

/** The version is answered without loading anything. */
module.exports = (argv) => {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${require('../package.json').version}\n`)
    return
  }
  import('../dist/main.js').then(
    ({ run }) => run(argv),
    (error) => {
      process.stderr.write(error.code === 'ERR_MODULE_NOT_FOUND' ? 'orkit is not built: run `npm run demo` or `pnpm build` first.\n' : `orkit: ${error.stack}\n`)
      process.exitCode = 1
    },
  )
}
