import type { Command } from '../app/command.js'
import type { FlagManifest, SystemManifest } from '../app/manifest.js'
import { flag } from '../app/settings.js'

/** Flags of everything that runs a batch. */
export const runFlags: readonly FlagManifest[] = [
  flag('concurrency', 'the most requests at a time; fewer when the server asks for it', { type: 'integer', default: 16 }),
  flag('rate', 'requests a minute: documented, off, or a number', { default: 'documented' }),
  flag('results', 'write the result of each finished job to FILE as JSON lines; implies --wait', { format: 'file' }),
  flag('report', 'write a report of all items to FILE: .jsonl, .csv or .xml (JUnit)', { format: 'file' }),
  flag('fail-fast', 'take no new items after the first failure', { type: 'boolean' }),
  flag('max-failures', 'take no new items after more failures than this', { type: 'integer' }),
  flag('max-duration', 'take no new items after so many seconds', { type: 'integer' }),
  flag('max-credits', 'take no new items once this run has used so many credits (FlexOrch) or tokens (ORCA)', { type: 'integer' }),
  flag('settle', 'seconds that the server may still work on a request whose answer was lost', { type: 'integer', default: 60 }),
  flag('accept-account', 'go on although the journal was begun with another credential, which is known to be of the same account', { type: 'boolean' }),
  flag('queue', 'put the items on the queue in Redis at this address, where orkit batch work sends them; env: the address that ORKIT_QUEUE has'),
  flag('detach', 'with --queue: come back when everything is on the queue', { type: 'boolean' }),
  flag('progress', 'what to show on stderr', { enum: ['auto', 'jsonl', 'none'], default: 'auto' }),
]

const journal = { name: 'batch', in: 'body' as const, type: 'string' as const, required: true as const, description: 'journal file, or the name that list shows' }

/** `batch list|show|export|resume|retry|cancel`: what `upload` has left behind. `more`: flags of this system's runs. */
export function batchCommands(manifest: SystemManifest, more: readonly FlagManifest[]): readonly Command[] {
  const runs = [...runFlags, ...more]
  const path = (verb: string) => [manifest.system, 'batch', verb]
  return [
    {
      path: path('list'),
      summary: 'List the batches of this folder',
      description: 'Reads the journals in .orkit, and says how far each batch is. Nothing is sent.',
      args: [],
      flags: [],
      load: async () => {
        const { listBatches } = await import('./batch.js')
        return (context) => listBatches(manifest.system, context)
      },
    },
    {
      path: path('show'),
      summary: 'Show the items of a batch',
      description: 'Reads a journal, also one that is in use. Nothing is sent.',
      args: [journal],
      flags: [flag('status', 'only items in this state', { type: 'array', items: 'string', known: ['planned', 'accepted', 'done', 'failed', 'rejected', 'skipped', 'unknown'] })],
      load: async () => {
        const { showBatch } = await import('./batch.js')
        return (context, input) => showBatch(context, input)
      },
    },
    {
      path: path('export'),
      summary: 'Write the report of a batch',
      description: 'Every item with what became of it, also of a batch that is in use: .jsonl, .csv or .xml (JUnit). Nothing is sent.',
      args: [journal, { name: 'file', in: 'body' as const, type: 'string' as const, required: true as const, description: 'file to write; its name says the format' }],
      flags: [],
      load: async () => {
        const { exportBatch } = await import('./batch.js')
        return (context, input) => exportBatch(context, input)
      },
    },
    {
      path: path('cancel'),
      summary: 'Give up what was not sent',
      description: 'Items that were not sent are marked as skipped; what the server has stays there, and what is not known stays unknown. Nothing is sent. retry --all plans them anew.',
      args: [journal],
      flags: [flag('queue', 'address of the queue that the batch is on')],
      load: async () => {
        const { cancel } = await import('./batch.js')
        return (context, input) => cancel(context, input)
      },
    },
    {
      path: path('resume'),
      summary: 'Go on with a batch that was stopped',
      description: 'Sends what is left, settles what is not known, and with --wait follows jobs of earlier runs too.',
      args: [journal],
      flags: runs,
      wait: true,
      load: async () => {
        const { resumeBatch } = await import('./batch.js')
        return (context, input) => resumeBatch(manifest, context, input)
      },
    },
    {
      path: path('retry'),
      summary: 'Send the failed items of a batch again',
      description: 'As resume, and failed items are tried anew; with --all those that were rejected or cancelled too, and those whose outcome is unknown: they are settled first, and sent when that does not tell.',
      args: [journal],
      flags: [flag('all', 'rejected, cancelled and unknown items too', { type: 'boolean' }), ...runs],
      wait: true,
      load: async () => {
        const { resumeBatch } = await import('./batch.js')
        return (context, input) => resumeBatch(manifest, context, input, input.values['all'] === true ? 'all' : 'failed')
      },
    },
  ]
}
