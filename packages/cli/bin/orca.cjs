#!/usr/bin/env node
'use strict'
require('../dist/main.cjs').run(['orca', ...process.argv.slice(2)])
