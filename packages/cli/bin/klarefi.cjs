#!/usr/bin/env node
'use strict'
require('./start.cjs')(['klarefi', ...process.argv.slice(2)])
