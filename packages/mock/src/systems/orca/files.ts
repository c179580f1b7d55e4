import type { UploadedFile } from '../../kernel/body.js'
import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import { subject } from '../../kernel/crud.js'
import type { Row } from '../../kernel/types.js'
import { type FileProfile, profileTable, rawPasswordColumn } from './classify.js'
import { sampleProfile } from './samples.js'
import { readTable, type Table } from './table.js'

export const files = defineResource({
  collections: {
    files: {
      id: 'integer',
      label: 'File',
      present: ({ id, file_name, content_type, size_bytes, status, created_at }) => ({ file_id: id, file_name, content_type, size_bytes, status, created_at }),
    },
  },
  behaviours: {
    'files.upload': async (c) => c.show('files', keep(c, await taken(c))),
    'files.prescan': async (c) => {
      const { file, name, table } = await read(c)
      const secret = rawPasswordColumn(table)
      const warnings: string[] = []
      if (file.size === 0) warnings.push('The file is empty')
      else if (table.error) warnings.push(table.error)
      if (secret !== undefined) warnings.push(`The column ${secret} holds raw passwords`)
      for (const { name: column, classification } of profileTable(table).columns) if (classification.startsWith('PII / ')) warnings.push(`The column ${column} looks like personal data (${classification})`)
      return { file_name: name, accepted: file.size > 0 && secret === undefined, row_count: table.total ?? table.rows.length, columns: table.columns, warnings }
    },
    'files.delete': (c) => {
      const row = subject(c, 'files')
      // What was derived from it goes too: its columns in the jobs that worked on it.
      for (const job of c.store('jobs').all((candidate) => has(candidate['file_ids'], row.id) && candidate['columns'] !== undefined)) {
        c.store('jobs').update(job.id, { columns: job['columns'].filter((column: { file_id: unknown }) => String(column.file_id) !== String(row.id)) })
      }
      c.store('files').remove(row.id)
      return { message: 'File deleted' }
    },
  },
})

/** A file of an upload that may be stored, and what is in it. */
export interface Upload {
  file: UploadedFile
  name: string
  profile: FileProfile
}

/** Reads the file of an upload; what the vendor refuses to take ends the request here. */
export async function taken(c: Context): Promise<Upload> {
  const { file, name, table } = await read(c)
  if (file.size === 0) c.fail('bad_request', 'The file is empty')
  const secret = rawPasswordColumn(table)
  if (secret !== undefined) c.fail('bad_request', `The file is refused: its column ${secret} holds raw passwords`)
  return { file, name, profile: profileTable(table) }
}

export function keep(c: Context, { file, name, profile }: Upload): Row {
  return c.store('files').insert({ file_name: name, content_type: file.type.split(';')[0]!.trim() || 'application/octet-stream', size_bytes: file.size, status: 'uploaded', created_at: c.now(), _profile: profile })
}

/** What is in a file: read when it was uploaded; of a seeded one, its sample. */
export function profileOf(file: Row): FileProfile {
  return file['_profile'] ?? sampleProfile(file['file_name'])
}

export function has(ids: readonly (string | number)[], id: string | number): boolean {
  return ids.some((candidate) => String(candidate) === String(id))
}

async function read(c: Context): Promise<{ file: UploadedFile; name: string; table: Table }> {
  const file = c.file('file')
  if (!file) return c.fail('bad_request', 'file is required')
  const name = file.name.replace(/^.*[\\/]/, '') || 'upload.csv'
  return { file, name, table: await readTable(file, name) }
}
