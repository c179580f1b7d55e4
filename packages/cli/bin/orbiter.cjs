#!/usr/bin/env node
'use strict'
require('../dist/main.cjs').run(['orbiter', ...process.argv.slice(2)])
