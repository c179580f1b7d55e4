#!/usr/bin/env node
'use strict'
require('../dist/main.cjs').run(['flexorch', ...process.argv.slice(2)])
