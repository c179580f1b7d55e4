#!/usr/bin/env node
'use strict'
require('./start.cjs')(['orckai', ...process.argv.slice(2)])
