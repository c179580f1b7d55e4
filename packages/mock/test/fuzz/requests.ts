import fc, { type Arbitrary } from 'fast-check'
import type { Operation } from '../../src/kernel/system.js'
import type { Arena } from '../harness/arena.js'
import { describeOperation, exampleOf, type Json } from '../harness/documents.js'
import { idsOf } from '../harness/ids.js'
import type { Given } from '../harness/requests.js'
import { anyText, arbitraryOf, brokenOf } from './arbitrary.js'

export interface Fuzzed extends Given {
  signed: 'main' | 'other' | 'nobody'
}

/** Requests for an operation: most of them valid by the document, the others with something wrong in path, query, headers or body. */
export function requestsOf(at: Arena, operation: Operation): Arbitrary<Fuzzed> {
  const { parameters, content } = describeOperation(at.document, operation.id)
  const place = (name: string): Json[] => parameters.filter((parameter) => parameter.in === name)
  const path = fc.record(Object.fromEntries(place('path').map((parameter) => [parameter.name, pathValue(at, operation, parameter)])))
  const query = fc.record(Object.fromEntries(place('query').map((parameter) => [parameter.name, queryValue(at, parameter)])), { requiredKeys: [] })
  const headers = fc.record({ accept: fc.constantFrom('*/*', 'application/json', 'text/html;q=0.5, */*;q=0.1', 'image/png', ';;,', '*/*;q=0'), prefer: fc.constant('respond-async') }, { requiredKeys: [] })
  return fc.record({
    path: path as Arbitrary<Record<string, string>>,
    query: query as Arbitrary<Record<string, string>>,
    // Most of the time what the client sends by default.
    headers: fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }) as Arbitrary<Record<string, string>>,
    ...(operation.body && { body: bodyOf(at, operation, content) }),
    signed: fc.oneof({ weight: 18, arbitrary: fc.constant('main' as const) }, { weight: 1, arbitrary: fc.constantFrom('other' as const, 'nobody' as const) }),
  }) as Arbitrary<Fuzzed>
}

function pathValue(at: Arena, operation: Operation, parameter: Json): Arbitrary<string> {
  const own = idsOf(at.system, operation, 'main')[parameter.name]
  const foreign = idsOf(at.system, operation, 'other')[parameter.name]
  const known = [own, foreign, exampleOf(parameter)].filter((value) => value !== undefined).map(String)
  return fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: anyText.filter((text) => text !== '' && text !== '.' && text !== '..' && text.length < 500) })
}

function queryValue(at: Arena, parameter: Json): Arbitrary<string> {
  const valid = arbitraryOf(at.document, parameter.schema).map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
  return fc.oneof({ weight: 3, arbitrary: valid }, { weight: 1, arbitrary: anyText.filter((text) => text.length < 500) })
}

function bodyOf(at: Arena, operation: Operation, content: Record<string, Json>): Arbitrary<Json> {
  const choices: Arbitrary<Json>[] = []
  const json = content['application/json']
  if (json) {
    const valid = arbitraryOf(at.document, json.schema)
    const near = json.example === undefined ? valid : fc.oneof(fc.constant(json.example), fc.tuple(fc.constant(json.example), valid).map(([example, value]) => ({ ...example, ...value })))
    choices.push(fc.oneof({ weight: 4, arbitrary: valid }, { weight: 3, arbitrary: near }, { weight: 3, arbitrary: brokenOf(near) }))
  }
  if (content['multipart/form-data']) choices.push(formOf(operation))
  return fc.oneof(...choices)
}

const names = fc.oneof(fc.constantFrom('a.txt', 'people.csv', 'book.xlsx', 'x.pdf', 'x.docx', 'x.json', 'x.html', 'x.eml', 'noextension', 'x.exe', '.csv', 'ä ö.csv'), fc.stringMatching(/^[a-z]{1,8}\.(csv|txt|md|json|xml)$/))
const contents = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('', 'a,b\n1,2\n', '{"a":1}', '[]', '<a><b></a>', '%PDF-1.4 nothing', 'PK\u0003\u0004', '"a', 'a,"b\n').map((text) => new TextEncoder().encode(text)))

function formOf(operation: Operation): Arbitrary<FormData> {
  const part = fc.tuple(fc.constantFrom(...(operation.body?.files ?? ['file']), 'other'), names, contents)
  const field = fc.tuple(fc.constantFrom('pipeline_config', 'locale', 'name', 'source', 'x'), anyText.filter((text) => text.length < 200))
  return fc.tuple(fc.array(part, { minLength: 0, maxLength: 3 }), fc.array(field, { maxLength: 2 })).map(([files, fields]) => {
    const form = new FormData()
    for (const [name, value] of fields) form.append(name, value)
    for (const [name, file, bytes] of files) form.append(name, new File([bytes as Uint8Array<ArrayBuffer>], file))
    return form
  })
}
