#!/usr/bin/env node
'use strict'
require('./start.cjs')(process.argv.slice(2))
