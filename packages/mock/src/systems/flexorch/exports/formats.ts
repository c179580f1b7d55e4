import type { SystemContext } from '../../../kernel/system-context.js'
import type { Members, Row } from '../../../kernel/types.js'
import { type Chunk, chunksOf } from '../chunks.js'
import { arrowOf } from './arrow.js'
import { columnsFor } from './columns.js'
import { parquetOf } from './parquet.js'
import { csvOf, jsonLinesOf, markdownOf, xmlOf } from './text.js'
import { xlsxOf, zipOf } from './xlsx.js'

interface Format {
  type: string
  extension: string
  write(c: SystemContext, dataset: Readonly<Row>, minQuality: string | undefined): string | Uint8Array | Promise<Uint8Array>
}

const TABLE: Readonly<Record<string, Format>> = {
  json: { type: 'application/json', extension: 'json', write: (_, dataset) => JSON.stringify(rowsOf(dataset)) },
  jsonl: { type: 'application/x-ndjson', extension: 'jsonl', write: (_, dataset) => jsonLinesOf(rowsOf(dataset)) },
  csv: { type: 'text/csv; charset=utf-8', extension: 'csv', write: (_, dataset) => csvOf(namesOf(dataset), rowsOf(dataset)) },
  parquet: { type: 'application/vnd.apache.parquet', extension: 'parquet', write: (_, dataset) => parquetOf(namesOf(dataset), rowsOf(dataset)) },
  md: { type: 'text/markdown; charset=utf-8', extension: 'md', write: (_, dataset) => markdownOf(dataset['name'], namesOf(dataset), rowsOf(dataset)) },
  xml: { type: 'application/xml', extension: 'xml', write: (_, dataset) => xmlOf(namesOf(dataset), rowsOf(dataset)) },
  xlsx: { type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: 'xlsx', write: (_, dataset) => xlsxOf(dataset['name'], namesOf(dataset), rowsOf(dataset)) },
  rag: { type: 'application/json', extension: 'rag.json', write: (c, dataset, minQuality) => JSON.stringify(ragOf(c, dataset, minQuality)) },
  hf: { type: 'application/zip', extension: 'zip', write: (_, dataset) => huggingFaceOf(dataset) },
}

/** Spellings of the live pages. */
const ALIASES: Readonly<Record<string, string>> = { markdown: 'md', huggingface: 'hf' }

export const FORMATS = Object.keys(TABLE)

export function formatOf(name: string): Format | undefined {
  return Object.hasOwn(TABLE, ALIASES[name] ?? name) ? TABLE[ALIASES[name] ?? name] : undefined
}

export function isFormat(name: string): boolean {
  return formatOf(name) !== undefined
}

/** What `format_summary` says of a finished dataset: sizes of the texts, which are cheap to know. */
export function filesOf(dataset: Readonly<Row>, columns: readonly string[], rows: readonly Members[]): Members {
  const bytes = (text: string): { size_bytes: number } => ({ size_bytes: new TextEncoder().encode(text).length })
  return {
    json: bytes(JSON.stringify(rows)), jsonl: bytes(jsonLinesOf(rows)), csv: bytes(csvOf(columns, rows)), md: bytes(markdownOf(dataset['name'], columns, rows)), xml: bytes(xmlOf(columns, rows)),
    parquet: {}, xlsx: {}, rag: {}, hf: {},
  }
}

function ragOf(c: SystemContext, dataset: Readonly<Row>, minQuality = 'D'): Chunk[] {
  const chunks: readonly Chunk[] = dataset['_chunks']?.length ? dataset['_chunks'] : chunksOf(c, dataset)
  return chunks.filter(({ metadata }) => (metadata['quality_grade'] ?? 'D') <= minQuality)
}

/** The folder that `load_from_disk()` of Hugging Face's `datasets` reads. */
function huggingFaceOf(dataset: Readonly<Row>): Uint8Array {
  const file = 'data-00000-of-00001.arrow'
  const names = namesOf(dataset)
  const features = Object.fromEntries(columnsFor(names, rowsOf(dataset)).map(({ name, kind }) => [name, { dtype: kind === 'number' ? 'float64' : 'string', _type: 'Value' }]))
  return zipOf({
    'dataset_info.json': JSON.stringify({ builder_name: 'flexorch', citation: '', dataset_name: dataset['slug'], description: dataset['description'] ?? dataset['name'], features, homepage: '', license: '' }, null, 2),
    'state.json': JSON.stringify({ _data_files: [{ filename: file }], _fingerprint: `dataset${dataset.id}`, _format_columns: null, _format_kwargs: {}, _format_type: null, _output_all_columns: false, _split: 'train' }, null, 2),
    [file]: arrowOf(names, rowsOf(dataset)),
  })
}

function rowsOf(dataset: Readonly<Row>): Members[] {
  return dataset['_rows'] ?? []
}

function namesOf(dataset: Readonly<Row>): string[] {
  return dataset['_columns'] ?? []
}
