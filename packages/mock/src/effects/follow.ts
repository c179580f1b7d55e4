import type { Context } from '../kernel/context.js'
import type { JobView } from '../kernel/definition.js'

/**
 * The story of a job for a socket or a stream: at each change of state, and in between whenever the progress has moved, until it
 * is done or the client goes.
 */
export async function* follow(c: Context, kind: string, id: string, every = 150): AsyncGenerator<JobView> {
  const { jobs } = c.world
  let shown = ''
  let told = 0
  const changes: (() => void)[] = []
  const stop = jobs.watch(kind, id, () => {
    for (const wake of changes.splice(0)) wake()
  })
  try {
    for (;;) {
      await c.world.run()
      const job = told++ === 0 ? jobs.view(kind, id) : jobs.poll(kind, id)
      // The clock may have reached the end since what was due was done: what `enter` writes must be there before it is told of.
      while (job?.done && !jobs.settled(kind, id)) await c.world.run()
      if (!job || c.lifetime.closed) return
      const face = `${job.status} ${job.progress}`
      if (face !== shown) yield job
      shown = face
      if (job.done) return
      await Promise.race([c.sleep(every), new Promise<void>((resolve) => changes.push(resolve))])
    }
  } finally {
    stop()
  }
}
