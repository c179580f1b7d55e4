#!/usr/bin/env node
'use strict'
require('../dist/main.cjs').run(['orckai', ...process.argv.slice(2)])
