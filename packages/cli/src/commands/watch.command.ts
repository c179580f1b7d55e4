import type { Command } from '../app/command.js'
import type { SystemManifest } from '../app/manifest.js'

/** What `watch <id>` follows in each system: the operation that reads the state, and the socket that pushes it where there is one. */
export interface Watched {
  readonly poll: string
  readonly socket?: string
  /** State in which the socket must not be opened yet: it would start the work once more. */
  readonly early?: string
  /** Feed with a cursor, where one tells more than the state does. */
  readonly events?: string
  readonly columns?: readonly string[]
  /** Path parameters, in the order in which they are given. */
  readonly params: readonly string[]
  readonly what: string
}

const watched: Readonly<Record<string, Watched>> = {
  orca: { poll: 'jobs.get', socket: 'jobs.watch', params: ['job_id'], what: 'job' },
  orckai: { poll: 'workflows.executions.get', params: ['id'], what: 'workflow execution' },
  flexorch: { poll: 'jobs.get', params: ['job_id'], what: 'job' },
  klarefi: { poll: 'cases.get', events: 'cases.events', columns: ['cursor', 'event_type', 'created_at', 'event_id'], params: ['case_id'], what: 'case' },
  orbiter: { poll: 'workflows.runs.get', socket: 'workflows.runs.watch', early: 'pending', params: ['workflow_id', 'run_id'], what: 'workflow run' },
}

/** `watch <id>`: follow something long to its end; the exit code tells the outcome. */
export function watchCommands(manifest: SystemManifest): readonly Command[] {
  const target = watched[manifest.system]
  if (!target) return []
  return [
    {
      path: [manifest.system, 'watch'],
      summary: `Follow a ${target.what} to its end`,
      description: `Prints each change of the ${target.what} as it comes${target.socket ? ', through a socket where one can be had' : ''}. Exit 0 when it succeeded, 8 when it failed.`,
      args: target.params.map((name) => ({ name, in: 'path' as const, type: 'string' as const, required: true as const, description: `id of the ${name.replace(/_?id$/, '') || target.what}` })),
      flags: [],
      facts: [['Operation', target.socket ? `${target.socket}, else ${target.poll}` : target.poll]],
      load: async () => {
        const { runWatch } = await import('./watch.js')
        return (context, input) => runWatch(manifest.system, target, context, input)
      },
    },
  ]
}
