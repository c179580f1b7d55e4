#!/usr/bin/env node
'use strict'
require('./start.cjs')(['orbiter', ...process.argv.slice(2)])
