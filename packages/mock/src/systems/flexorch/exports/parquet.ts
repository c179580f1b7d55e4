import type { Members } from '../../../kernel/types.js'
import { columnsFor } from './columns.js'

/** A Parquet file with one row group. The writer is loaded with the first of them. */
export async function parquetOf(names: readonly string[], rows: readonly Members[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer/src/write.js')
  const columnData = columnsFor(names, rows).map(({ name, kind, values }) => ({ name, data: values, type: kind === 'number' ? ('DOUBLE' as const) : ('STRING' as const), nullable: true }))
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}
