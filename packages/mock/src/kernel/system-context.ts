import type { JobMode } from '../effects/jobs.js'
import type { Row, Members, Json } from './types.js'
import type { CollectionOptions, JobView } from './definition.js'
import type { IdStyle } from './profile.js'
import { type Reply, ReplyError } from './reply.js'
import { ScopedCollection } from './scoped.js'
import type { SystemWorld } from '../world/system-world.js'
import type { StartJob } from '../effects/job-engine.js'
import { publicCopy } from '../world/copy.js'

/**
 * What behaviours, jobs and tasks may do in a world, on behalf of one owner (an organisation, or a user where rows belong to users).
 * Time and chance come from here only.
 */
export class SystemContext {
  constructor(readonly world: SystemWorld, readonly owner: string) {}

  /** Called before each change; throws where there may be none. */
  changing(): void {}

  /** Milliseconds since the epoch on the world's clock; inside a job or task, the time it was due. */
  ms(): number {
    return this.world.now()
  }

  /** The time as the vendor writes it. */
  now(at: number = this.ms()): string {
    return this.world.system.definition.profile.stamp?.(at) ?? new Date(at).toISOString()
  }

  /** A fresh id of a kind; the style comes from the collection of that name, then from the profile. */
  id(kind: string, style?: IdStyle): string {
    return String(this.world.newId(kind, style))
  }

  /** The owner's objects of a collection; everything is a copy. */
  store(collection: string): ScopedCollection {
    return new ScopedCollection(this, collection, this.owner)
  }

  /** Everybody's. */
  everyone(collection: string): ScopedCollection {
    return new ScopedCollection(this, collection, undefined)
  }

  /** The same world for another owner. */
  as(owner: string): SystemContext {
    return new SystemContext(this.world, owner)
  }

  options(collection: string): CollectionOptions {
    return this.world.system.collections[collection] ?? {}
  }

  /** The object as the API shows it: `present` of its collection, without internal members. */
  show(collection: string, row: Row): Json {
    return publicCopy(this.options(collection).present?.(row, this) ?? row)
  }

  /** Like `show`, for a list. */
  summary(collection: string, row: Row): Json {
    const { summary, present } = this.options(collection)
    return publicCopy((summary ?? present)?.(row, this) ?? row)
  }

  /** Starts a job; the same kind and id again replaces it. */
  start(kind: string, id: string, job: Omit<StartJob, 'id' | 'owner'> & { mode?: JobMode } = {}): JobView {
    this.changing()
    const view = this.world.jobs.start(kind, { ...job, id, owner: this.owner })
    this.world.wake()
    return view
  }

  job(kind: string, id: string): JobView | undefined {
    return this.world.jobs.view(kind, id)
  }

  /** Runs the task `name` after `ms`. */
  schedule(ms: number, name: string, payload?: Json): void {
    this.changing()
    this.world.schedule(this.ms() + ms, name, this.owner, payload)
  }

  /** Sends an event to an endpoint: signed, retried, never in the way of the answer. */
  deliver(endpoint: { id: string; url: string; secret: string }, event: string, payload: Json): string {
    this.changing()
    const id = this.world.webhooks.send(this.owner, endpoint, event, payload)
    this.world.wake()
    return id
  }

  /** An error answer in the vendor's shape. The status is that of the code. */
  error(code: string, message: string, extra?: Members, status?: number): Reply {
    return this.world.errorReply({ code, message, ...(extra && { extra }), ...(status && { status }) })
  }

  /** Ends the behaviour with that error. */
  fail(code: string, message: string, extra?: Members, status?: number): never {
    throw new ReplyError(this.error(code, message, extra, status))
  }

  /** Ends the behaviour with the vendor's "not found". */
  missing(label: string): never {
    throw new ReplyError(this.world.errorReply(this.world.system.definition.profile.failures.notFound(label)))
  }
}
