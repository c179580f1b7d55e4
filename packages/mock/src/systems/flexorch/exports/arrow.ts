import type { Members } from '../../../kernel/types.js'
import { type Column, columnsFor } from './columns.js'
import { FlatBuffer, type Slot } from './flat-buffer.js'

const VERSION_5 = 4
const HEADER = { schema: 1, recordBatch: 3 } as const
const TYPE = { number: 3, text: 5 } as const
const DOUBLE = 2

/** The rows as an Arrow IPC stream: a schema, one batch, the end mark. Numbers are doubles, texts UTF-8. */
export function arrowOf(names: readonly string[], rows: readonly Members[]): Uint8Array {
  const columns = columnsFor(names, rows)
  const parts = columns.flatMap(buffersOf)
  const body = concat(parts.map(padded))
  return concat([framed(schema(columns)), framed(batch(columns, parts, rows.length, body.length)), body, new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0])])
}

function schema(columns: readonly Column[]): Uint8Array {
  const b = new FlatBuffer()
  const fields = columns.map(({ name, kind }) => {
    const children = b.offsets([])
    const type = b.table(kind === 'number' ? [{ size: 2, value: DOUBLE }] : [])
    const label = b.string(name)
    return b.table([{ offset: label }, { size: 1, value: 1 }, { size: 1, value: TYPE[kind] }, { offset: type }, undefined, { offset: children }])
  })
  const list = b.offsets(fields)
  return message(b, HEADER.schema, b.table([undefined, { offset: list }]), 0)
}

function batch(columns: readonly Column[], parts: readonly Uint8Array[], length: number, bodyLength: number): Uint8Array {
  const b = new FlatBuffer()
  let at = 0
  const places = parts.map((part) => {
    const place = [at, part.length]
    at += padded(part).length
    return place
  })
  const buffers = b.structs(places)
  const nodes = b.structs(columns.map(({ values }) => [length, values.filter((value) => value === null).length]))
  return message(b, HEADER.recordBatch, b.table([{ size: 8, value: length }, { offset: nodes }, { offset: buffers }]), bodyLength)
}

function message(b: FlatBuffer, kind: number, header: number, bodyLength: number): Uint8Array {
  const slots: Slot[] = [{ size: 2, value: VERSION_5 }, { size: 1, value: kind }, { offset: header }, { size: 8, value: bodyLength }]
  return b.finish(b.table(slots))
}

/** A continuation mark and the length before, zeros up to a multiple of eight behind. */
function framed(metadata: Uint8Array): Uint8Array {
  const content = padded(metadata)
  const head = new DataView(new ArrayBuffer(8))
  head.setUint32(0, 0xffffffff, true)
  head.setInt32(4, content.length, true)
  return concat([new Uint8Array(head.buffer), content])
}

/** Which values are there, then (of texts) where each ends, then the values. */
function buffersOf({ kind, values }: Column): Uint8Array[] {
  const present = new Uint8Array(Math.ceil(values.length / 8))
  for (const [i, value] of values.entries()) if (value !== null) present[i >> 3]! |= 1 << (i & 7)
  if (kind === 'number') {
    const data = new DataView(new ArrayBuffer(values.length * 8))
    for (const [i, value] of values.entries()) data.setFloat64(i * 8, (value as number | null) ?? 0, true)
    return [present, new Uint8Array(data.buffer)]
  }
  const encoded = values.map((value) => new TextEncoder().encode(String(value ?? '')))
  const ends = new DataView(new ArrayBuffer((values.length + 1) * 4))
  let end = 0
  for (const [i, bytes] of encoded.entries()) ends.setInt32((i + 1) * 4, (end += bytes.length), true)
  return [present, new Uint8Array(ends.buffer), concat(encoded)]
}

function padded(bytes: Uint8Array): Uint8Array {
  return bytes.length % 8 === 0 ? bytes : concat([bytes, new Uint8Array(8 - (bytes.length % 8))])
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
