import { expect, it } from 'vitest'
import { tidy } from './standalone.js'

it('names validators after their schemas, imports helpers, and leaves what stands in texts alone', () => {
  const source = [
    '"use strict";',
    'export const Order = validate10;',
    'const schema11 = {"type":"object","description":"validate10 and schema11"};',
    'const func1 = require("ajv/dist/runtime/ucs2length").default;',
    'const formats0 = require("formats")["date-time"];',
    'function validate10(data){ if(func1(data) > 3 || !formats0(data)) throw new Error("validate10: see schema11"); return schema11.type === "object"; }',
  ].join('\n')
  const { code, imports, exports } = tidy(source, new Map([['{"type":"object","description":"validate10 and schema11"}', 'Order']]))
  expect([imports, exports]).toEqual([['formats', 'ucs2length'], [['Order', 'validate_Order']]])
  expect(code).toBe([
    'const schema_Order = {"type":"object","description":"validate10 and schema11"};',
    "const format_date_time = formats['date-time']",
    'function validate_Order(data){ if(ucs2length(data) > 3 || !format_date_time(data)) throw new Error("validate10: see schema11"); return schema_Order.type === "object"; }',
  ].join('\n'))
})

it('refuses what it cannot import', () => {
  expect(() => tidy('const func9 = require("ajv/dist/runtime/other").default;', new Map())).toThrow('ajv-runtime.ts does not have')
  expect(() => tidy('const x = require("y");', new Map())).toThrow('still call require')
})
