#!/usr/bin/env node
'use strict'
require('./start.cjs')(['orca', ...process.argv.slice(2)])
