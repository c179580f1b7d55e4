import { expect, it } from 'vitest'
import { jsonText, keepText } from './json-text.js'

it('gives the text of a kept body back, and that body cannot be changed any more', () => {
  const body = keepText({ data: { names: ['a', 'ü'], none: null } })
  expect(jsonText(body)).toBe('{"data":{"names":["a","ü"],"none":null}}')
  expect(() => body.data.names.push('b')).toThrow(TypeError)
  expect(() => Object.assign(body.data, { more: 1 })).toThrow(TypeError)
  expect(jsonText({ ...body, more: 1 })).toBe('{"data":{"names":["a","ü"],"none":null},"more":1}')
})
