#!/usr/bin/env node
'use strict'
const argv = process.argv.slice(2)
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) version()
else require('./start.cjs')(argv)

/**
 * The version is answered by this file alone, straight to the descriptor: loading another file, making Node's stdout and taking the process down in
 * order each cost more than all the rest.
 */
function version() {
  const fs = require('node:fs')
  const text = `${JSON.parse(fs.readFileSync(`${__dirname}/../package.json`, 'utf8')).version}\n`
  try {
    fs.writeSync(1, text)
  } catch (error) {
    // A pipe that is full for the moment is waited for; a reader that is gone wants nothing.
    if (error.code === 'EAGAIN') return process.stdout.write(text)
    if (error.code !== 'EPIPE') throw error
  }
  process.exit(0)
}
