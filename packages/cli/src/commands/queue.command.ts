import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'

/** Where the queue is, for commands that cannot do without. */
const queue = flag('queue', 'address of Redis: redis://host:6379, rediss:// for TLS; default: what ORKIT_QUEUE says')
const batch = { name: 'batch', in: 'body' as const, type: 'string' as const, required: true as const, description: 'name that list shows' }

/** Words of the address are hidden in everything that is printed; on a command line others can read them. */
const secrets: readonly (readonly [string, string])[] = [['Password', 'set ORKIT_QUEUE to an address with a password, rather than giving it on the command line'], ['Guide', 'docs/batch.md, "When one machine is not enough"']]

/** `batch work|list|show|cancel`: what `upload --queue` has put on a queue, for all systems. */
export const queueCommands: readonly Command[] = [
  {
    path: ['batch', 'work'],
    summary: 'Send what is on a queue, with as many other machines as there are',
    description:
      'Takes items of every batch that upload --queue has put on the queue, with this machine’s own profile and credentials: none are on the queue. What a worker that died had in hand is settled and taken over. ' +
      'Runs until Ctrl-C, which finishes what is in hand, or with --drain until nothing is left. Files are read at the path where the submitter has them; --root says where else.',
    args: [],
    flags: [
      queue,
      flag('concurrency', 'items in hand at a time, for each batch', { type: 'integer', default: 16 }),
      flag('system', 'only batches of these systems', { type: 'array', items: 'string', enum: ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] }),
      flag('root', 'where this machine has the folder of the submitter', { format: 'file' }),
      flag('drain', 'end when nothing is left', { type: 'boolean' }),
      flag('lease', 'seconds without a sign of life after which others take over what a worker has in hand', { type: 'integer', default: 30 }),
      flag('accept-account', 'work for batches of another account too: what they hold goes to this one', { type: 'boolean' }),
    ],
    examples: ['--queue redis://127.0.0.1:6379 --concurrency 8 --drain', '--queue rediss://queue.example.com:6379 --system flexorch --drain'],
    facts: secrets,
    offline: false,
    load: async () => (await import('./queue.js')).work,
  },
  {
    path: ['batch', 'list'],
    summary: 'List the batches that are on a queue',
    description: 'Says how far each one is and how many workers it has. Nothing is sent. Batches of this folder: orkit <system> batch list.',
    args: [],
    flags: [queue],
    facts: secrets,
    offline: false,
    load: async () => (await import('./queue.js')).list,
  },
  {
    path: ['batch', 'show'],
    summary: 'Show the items of a batch that is on a queue',
    description: 'Every item as the queue has it. Nothing is sent.',
    args: [batch],
    flags: [queue, flag('status', 'only items in this state', { type: 'array', items: 'string', known: ['planned', 'sending', 'accepted', 'done', 'failed', 'rejected', 'skipped', 'unknown'] })],
    facts: secrets,
    offline: false,
    load: async () => (await import('./queue.js')).show,
  },
  {
    path: ['batch', 'cancel'],
    summary: 'Give up what was not sent of a batch that is on a queue',
    description: 'Items that no worker has sent are marked as skipped; what workers have in hand comes to its end. The submitter learns of it.',
    args: [batch],
    flags: [queue],
    facts: secrets,
    offline: false,
    load: async () => (await import('./queue.js')).cancelOnQueue,
  },
]
