/** What the server took, read off its own answers. */

export type SystemUnderTest = 'orca' | 'orckai' | 'flexorch' | 'klarefi' | 'orbiter'

export interface Entry {
  /** File name or address. */
  readonly key: string
  readonly id: string
  /** The server had it and said so: nothing was taken. */
  readonly again: boolean
}

/** Paths that take documents. */
export const uploads: Readonly<Record<SystemUnderTest, RegExp>> = {
  orca: /\/(public|files)\/upload$/,
  orckai: /\/knowledge-bases\/[^/]+\/documents$/,
  flexorch: /\/data-process\/async$/,
  klarefi: /\/process$/,
  orbiter: /\/documents$/,
}

type Json = any

export function entriesOf(system: SystemUnderTest, answer: Json, request: Buffer): Entry[] {
  const data = answer.data ?? answer
  switch (system) {
    case 'flexorch':
      return data.jobs.map((job: Json) => ({ key: job.filename, id: String(job.job_id), again: job.is_duplicate === true }))
    case 'klarefi':
      return [{ key: JSON.parse(request.toString()).document_url, id: data.case_id, again: data.idempotent_replay === true }]
    case 'orca':
      return [{ key: data.file_name, id: String(data.job_id ?? data.file_id), again: false }]
    case 'orckai':
      return [{ key: data.name, id: data.id, again: false }]
    case 'orbiter':
      return [{ key: data.filename, id: data.id, again: false }]
  }
}
