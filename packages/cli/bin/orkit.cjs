#!/usr/bin/env node
'use strict'
require('../dist/main.cjs').run(process.argv.slice(2))
