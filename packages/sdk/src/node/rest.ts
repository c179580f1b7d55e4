import type { Agent } from 'node:http'
import type { Socket } from 'node:net'

/** Connections that have just been given back, and the requests that come while they rest. */
export interface Rests {
  /** Gives the connections of an agent their rest. */
  watch<A extends Agent>(agent: A): A
  /** What a request is to wait for, if anything: at most a turn of the event loop. */
  wait(): Promise<void> | undefined
}

/** A connection that breaks while it rests is no news: the agent forgets it when it closes. */
const unheard = () => undefined

type Free = (socket: Socket, options: unknown) => void

/**
 * A server may close a connection right after its answer without having said so. That is heard of only when the event loop has looked at the network once more, and a request
 * that goes out before is lost: it cannot be told from one that the server has read, so one that is not safe could not be repeated. So a connection rests for a turn of the loop before it
 * is used again. What comes meanwhile takes another one, as with undici; where several rest, many calls are under way, and requests wait for them rather than open as many again:
 * that they then go out together costs less than one at a time.
 */
export function createRests(): Rests {
  const waiting: (() => void)[] = []
  let resting = 0
  let batch: (() => void)[] | undefined
  const release = (connections: readonly (() => void)[]) => {
    resting -= connections.length
    for (const free of connections) free()
    for (const go of waiting.splice(0, resting === 0 ? waiting.length : connections.length)) go()
  }
  const rest = (free: () => void) => {
    resting++
    if (batch !== undefined) return void batch.push(free)
    const connections = batch = [free]
    setImmediate(() => {
      batch = undefined
      setImmediate(release, connections)
    })
  }
  return {
    watch: (agent) => {
      const [take] = agent.listeners('free') as Free[]
      if (take === undefined) return agent
      agent.removeListener('free', take)
      agent.on('free', (socket: Socket & { _httpMessage?: unknown }, options: unknown) => {
        // Left before it was used, or on its way still: the agent closes it, and at once, since nobody would hear of its error.
        if (!socket._httpMessage) return take.call(agent, socket, options)
        socket.on('error', unheard)
        rest(() => {
          socket.off('error', unheard)
          take.call(agent, socket, options)
        })
      })
      return agent
    },
    wait: () => (resting <= 1 ? undefined : new Promise((resolve) => void waiting.push(resolve))),
  }
}
