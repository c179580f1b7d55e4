#!/usr/bin/env node
'use strict'
require('../dist/main.cjs').run(['klarefi', ...process.argv.slice(2)])
