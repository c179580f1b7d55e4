import type { Command } from '../app/command.js'

const systems = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']
const system = { name: 'system', in: 'body' as const, type: 'string' as const, required: true as const, description: systems.join(', '), enum: systems }

/** `spec <system>` and `spec diff <system> <document>`. */
export const specCommands: readonly Command[] = [
  {
    path: ['spec'],
    summary: 'Print the OpenAPI document of a system',
    description: 'The OpenAPI 3.1 document that everything here is made from: JSON, or YAML with -o yaml. --out-file saves it.',
    args: [system],
    flags: [],
    examples: ['orckai -o yaml', 'klarefi --out-file klarefi.json'],
    load: async () => (await import('./spec.js')).runSpec,
  },
  {
    path: ['spec', 'diff'],
    summary: 'Say what a newer document of a vendor changes',
    description: 'Compares the document that this version was made from with another, breaking changes first. Exit 1 when something breaks: operations, parameters or response members that are gone, new required inputs, changed types, values no longer accepted.',
    args: [system, { name: 'document', in: 'body', type: 'string', required: true, description: 'file, URL, or - for stdin; OpenAPI 3, JSON or YAML' }],
    flags: [],
    facts: [['Exit code', '0 when nothing breaks, 1 when something does']],
    load: async () => (await import('./spec.js')).runDiff,
  },
]
