import type { Command } from '../app/command.js'
import type { FlagManifest, SystemManifest } from '../app/manifest.js'
import { flag } from '../app/settings.js'
import { batchCommands, runFlags } from './batch.command.js'

/** What each system takes, as far as the command line shows it. The engine's adapters know the rest. */
interface Shape {
  readonly what: string
  readonly operation: string
  readonly flags: readonly FlagManifest[]
  /** Flags of everything that runs such a batch. */
  readonly runs?: readonly FlagManifest[]
  readonly addresses?: true
  readonly examples: readonly string[]
}

const shapes: Readonly<Record<string, Shape>> = {
  orca: {
    what: 'data files',
    operation: 'public.upload, or files.upload with --dashboard',
    flags: [flag('dashboard', 'store the files in the dashboard instead of starting a job for each', { type: 'boolean' })],
    examples: ["'exports/*.csv' --wait", 'customers.csv --dashboard'],
  },
  orckai: {
    what: 'documents to a knowledge base',
    operation: 'knowledgeBases.documents.upload',
    flags: [flag('to', 'id of the knowledge base', { required: true })],
    examples: ['docs --to d4e5f6a7-0000-4000-8000-000000000001', "'**/*.md' --to d4e5f6a7-0000-4000-8000-000000000001"],
  },
  flexorch: {
    what: 'documents',
    operation: 'documents.process',
    flags: [],
    runs: [flag('files-per-request', 'the most files in one request, once the server has named its files in an answer; 1: each alone', { type: 'integer', default: 10 })],
    examples: ["'docs/**/*.pdf' --wait --results out.jsonl", 'invoices --param locale=en'],
  },
  klarefi: {
    what: 'documents by their addresses',
    operation: 'process.create',
    flags: [flag('case-type', 'case type that tells which facts are looked for')],
    addresses: true,
    examples: ['https://files.example.com/claims/claim-0042.pdf --case-type ct_claim --wait'],
  },
  orbiter: {
    what: 'documents to a knowledge base',
    operation: 'knowledgeBases.documents.upload',
    flags: [flag('to', 'id of the knowledge base', { required: true })],
    examples: ['docs --to f0000000-0000-4000-8000-000000000001'],
  },
}

/** `upload` and `batch ...` of one system. */
export function uploadCommand(manifest: SystemManifest): readonly Command[] {
  const shape = shapes[manifest.system]
  if (!shape) return []
  return [
    {
      path: [manifest.system, 'upload'],
      summary: `Upload ${shape.what}, each one once`,
      description:
        `Sends everything that is given${shape.addresses ? '' : ': files, folders with what is in them, patterns'}, or listed in a file or on stdin. What is sent is written to a journal first, so that a run that was stopped at any moment goes on where it was when the same command is given again; nothing is sent twice. ` +
        'Content that occurs twice is sent once. Ctrl-C takes no new items and finishes what is under way. Exit 0 when all went well, 8 when items failed, 9 when some are left.',
      args: [{ name: 'paths', in: 'body', type: 'string', variadic: true, description: shape.addresses ? 'addresses that begin with https://; - reads a list from stdin' : 'files, folders or patterns; - reads a list from stdin' }],
      flags: [
        ...shape.flags,
        flag('param', 'a parameter of every item: name=text or name:=json', { type: 'array', items: 'string' }),
        flag('manifest', 'items with parameters of their own, from FILE (CSV or JSON lines)', { format: 'file' }),
        flag('journal', 'file of the journal, or none to keep it in memory; default: .orkit/<batch>.journal', { format: 'file' }),
        flag('skip-existing', 'skip files that the server lists under the same name and size; FlexOrch and Klarefi know by themselves what they have', { type: 'boolean' }),
        flag('all-files', 'files of folders that .gitignore or .orkitignore leave out, too', { type: 'boolean' }),
        ...runFlags,
        ...(shape.runs ?? []),
      ],
      wait: true,
      dryRun: true,
      examples: shape.examples,
      facts: [['Operation', shape.operation], ['Go on', `the same command again, or orkit ${manifest.system} batch resume <journal>`]],
      load: async () => {
        const { runUpload } = await import('./upload.js')
        return (context, input) => runUpload(manifest, context, input)
      },
    },
    ...batchCommands(manifest, shape.runs ?? []),
  ]
}
