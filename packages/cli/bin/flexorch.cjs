#!/usr/bin/env node
'use strict'
require('./start.cjs')(['flexorch', ...process.argv.slice(2)])
