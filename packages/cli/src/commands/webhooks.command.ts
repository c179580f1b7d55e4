import type { Command } from '../app/command.js'
import { flag } from '../app/settings.js'
import { LISTEN_PORT, LOCAL_SECRET } from './webhooks-defaults.js'

const system = flag('system', 'whose webhooks; told from the event or the signature when left out', { enum: ['klarefi', 'flexorch'] })

/** `webhooks listen|trigger|verify`: receive, send and check the webhooks of Klarefi and FlexOrch. */
export const webhookCommands: readonly Command[] = [
  {
    path: ['webhooks', 'listen'],
    summary: 'Receive webhooks, check their signatures, and pass them on',
    description: `Listens on the loopback interface until Ctrl-C. Deliveries whose signature is right are forwarded with their headers and exact bytes, and the sender gets the answer of your program. Others are refused with 400. Register the printed address as a webhook endpoint, or send to it with 'orkit webhooks trigger'.`,
    args: [],
    flags: [
      flag('forward-to', 'URL that gets each good delivery'),
      flag('secret', 'signing secret; may be repeated while one is rotated [env ORKIT_WEBHOOK_SECRET]', { type: 'array', items: 'string', format: 'password', default: LOCAL_SECRET }),
      flag('skip-verify', 'accept deliveries without a right signature', { type: 'boolean' }),
      flag('events', 'only these event types', { type: 'array', items: 'string' }),
      flag('port', 'port to listen on; 0 takes a free one', { type: 'integer', default: LISTEN_PORT }),
      flag('tolerance', 'seconds that a signature may be old; 0 takes any age', { type: 'integer', default: 300 }),
    ],
    facts: [['Output', '-o jsonl gives one object for each delivery'], ['Ends', 'by Ctrl-C, or after --max deliveries']],
    load: async () => (await import('./webhooks-listen.js')).runListen,
  },
  {
    path: ['webhooks', 'trigger'],
    summary: 'Make the reference server send any webhook',
    description: 'Sends the example of the vendor’s document, with fresh ids and times, signed as the vendor signs it. Exit 8 when the receiver does not answer with 2xx.',
    args: [{ name: 'event', in: 'body', type: 'string', required: true, description: 'event type, as v1.case.completed or job.failed' }],
    flags: [
      flag('to', 'URL to send to', { default: `http://127.0.0.1:${LISTEN_PORT}` }),
      flag('secret', 'signing secret [env ORKIT_WEBHOOK_SECRET]', { format: 'password', default: LOCAL_SECRET }),
      flag('data', 'members laid over the payload: key=text or key:=json', { type: 'array', items: 'string' }),
      flag('server', 'a reference server that runs already: http://127.0.0.1:4010'),
      system,
    ],
    facts: [['Events', "'orkit webhooks events' lists them"]],
    load: async () => (await import('./webhooks-trigger.js')).runTrigger,
  },
  {
    path: ['webhooks', 'events'],
    summary: 'List the events that can be triggered',
    args: [],
    flags: [system],
    examples: ['', '--system klarefi -o jsonl'],
    load: async () => (await import('./webhooks-trigger.js')).listEvents,
  },
  {
    path: ['webhooks', 'verify'],
    summary: 'Check the signature of a webhook',
    description: 'Reads the payload from a file or stdin, byte for byte. Prints the event when the signature is right; exit 5 when it is not.',
    args: [{ name: 'payload', in: 'body', type: 'string', description: 'file with the raw body; - or nothing reads stdin' }],
    flags: [
      flag('signature', 'value of X-Klarefi-Signature or X-Flexorch-Signature', { required: true }),
      flag('secret', 'signing secret; may be repeated [env ORKIT_WEBHOOK_SECRET]', { type: 'array', items: 'string', format: 'password' }),
      flag('tolerance', 'seconds that a Klarefi signature may be old; 0 takes any age', { type: 'integer', default: 300 }),
      system,
    ],
    load: async () => (await import('./webhooks-verify.js')).runVerify,
  },
]
