import type { Context } from '../../kernel/context.js'
import type { SocketBehaviour } from '../../kernel/definition.js'
import type { Socket } from '../../effects/socket.js'
import type { Members } from '../../kernel/types.js'
import { JOB, resumed } from './job-rows.js'

/** The vendor closes after ten minutes and names no code; 4408 ("request timeout" among the private codes) and 4404 are ours. */
const TIMEOUT = 10 * 60_000
const TIMED_OUT = 4408
const GONE = 4404
/** How often the percentage is looked at between two changes of state. */
const INTERVAL = 100
const RUNNING = new Set(['queued', 'processing'])

/** Tells a job's progress from the engine that polling reads too, and closes with 1000 once the job has ended. */
export const watchJob: SocketBehaviour = async (c, socket) => {
  const id = c.path['job_id']!
  const row = c.store('jobs').get(id)
  if (row) resumed(c, row)
  const deadline = c.ms() + TIMEOUT
  let told = ''
  while (!socket.closed) {
    await c.world.run()
    const message = progress(c, id)
    if (!message) return socket.close(GONE, 'The job is gone')
    const text = JSON.stringify(message)
    if (text !== told) socket.send(message)
    told = text
    if (!RUNNING.has(message['status'])) return socket.close(1000, 'The job has ended')
    await change(c, socket, id, Math.min(INTERVAL, Math.max(1, deadline - c.ms())))
    if (c.ms() >= deadline) return socket.close(TIMED_OUT, 'Open for ten minutes')
  }
}

function progress(c: Context, id: string): Members | undefined {
  if (!c.store('jobs').get(id)) return undefined
  c.world.jobs.poll(JOB, id)
  const { status, stage, progress: percentage, files, error } = c.show('jobs', c.store('jobs').need(id))
  return { job_id: id, status, stage: stage ?? status, percentage, files, message: sentence(status, stage), error }
}

function sentence(status: string, stage: string | null): string {
  if (status === 'queued') return 'Waiting to be started'
  if (status === 'processing') return { reading: 'Reading the files', classifying: 'Classifying the columns', scoring: 'Scoring the columns' }[stage ?? ''] ?? 'Working'
  return `The job is ${status}`
}

/** Resolves at the job's next change of state, after `ms`, or when the socket closes. */
function change(c: Context, socket: Socket, id: string, ms: number): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      alarm.cancel()
      for (const stop of stops) stop()
      resolve()
    }
    const alarm = c.world.clock.at(c.world.clock.now() + ms, done)
    const stops = [c.world.jobs.watch(JOB, id, done), socket.onClose(done)]
  })
}
