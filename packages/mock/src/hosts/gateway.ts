import type { Later } from '../kernel/later.js'
import { handle, type Handshake, upgrade } from '../kernel/pipeline.js'
import { refusal } from '../kernel/refusal.js'
import { isStream, Reply } from '../kernel/reply.js'
import type { MockRequest } from '../kernel/request.js'
import type { System } from '../kernel/system.js'
import type { Members, Json } from '../kernel/types.js'
import { isSystem, SYSTEMS, type SystemName } from '../systems/index.js'
import type { ClockState } from '../world/clock.js'
import type { JournalEntry } from '../world/journal.js'
import type { WorldOptions } from '../world/options.js'
import { World } from '../world/world.js'
import { control } from './control/plane.js'
import type { Host } from './host.js'
import { page } from './pages.js'
import { worldName } from './world-name.js'

export interface GatewayOptions {
  systems: readonly SystemName[]
  single: SystemName | undefined
  worldOptions: WorldOptions
  start: ClockState
  /** Called with each answered request, without secrets. */
  onRequest?: ((entry: JournalEntry, world: string) => void) | undefined
  state: { load(): Promise<string | undefined> | string | undefined; save(state: string): Promise<void> | void } | undefined
  asset: Host['asset']
}

const always = (): boolean => true

/** Beside the default one; then the one that was used least recently goes. */
const MAX_WORLDS = 1_000
/** Under a system, these are the server's own. */
const PAGES = new Set(['', '/', '/openapi.json', '/docs', '/redoc', '/docs/sign-in.json'])

/** What all hosts share: finds the world and the system of a request and gets its answer. */
export class Gateway {
  private readonly worlds = new Map<string, World>()
  private readonly loaded = new Map<SystemName, System>()
  private loading: Promise<void> | undefined
  private saving: Promise<void> = Promise.resolve()
  private written = ''
  private restored: boolean

  constructor(readonly options: GatewayOptions) {
    this.restored = options.state === undefined
  }

  /** At once where nothing has to be waited for. `trusted` is only asked by the control plane; the paths of `single` need no prefix. */
  respond(request: MockRequest, trusted: () => boolean = always, single: SystemName | undefined = this.options.single): Later<Reply> {
    return this.restored ? this.route(request, trusted, single) : this.ready().then(() => this.route(request, trusted, single))
  }

  private route(request: MockRequest, trusted: () => boolean, single: SystemName | undefined): Later<Reply> {
    const world = this.world(worldName(request.headers))
    const target = this.target(request.path, single)
    if (!target) return this.own(world, request, trusted)
    const system = this.loaded.get(target.system)
    if (!system) return this.load(target.system).then((loaded) => this.ask(world, loaded, request, target.path))
    return this.ask(world, system, request, target.path)
  }

  /** Pages and the control plane. */
  private async own(world: World, request: MockRequest, trusted: () => boolean): Promise<Reply> {
    return (await page(this, request)) ?? (await control(this, world, request, trusted)) ?? notHere(this.options.systems)
  }

  private ask(world: World, system: System, request: MockRequest, path: string): Later<Reply> {
    if (PAGES.has(path)) return page(this, request).then((found) => found ?? this.answer(world, system, request, path))
    return this.answer(world, system, request, path)
  }

  private answer(world: World, system: System, request: MockRequest, path: string): Later<Reply> {
    enter(request, path)
    const reply = handle(world, world.system(system), request)
    return this.options.state && world.name === '' ? this.saved(reply) : reply
  }

  /** The answer to a request that the host could not read: in the words of the system that its path names, or of the only one there is. */
  async refuse(path: string, status: number, message: string): Promise<Reply> {
    const { systems, single } = this.options
    const name = this.target(path, single)?.system ?? single ?? (systems.length === 1 ? systems[0] : undefined)
    if (name === undefined) return new Reply(status, { error: message })
    const request: MockRequest = { method: 'GET', path, query: '', headers: {}, ip: '', origin: '', body: () => undefined }
    return refusal(this.world().system(this.loaded.get(name) ?? (await this.load(name))), request, status, message)
  }

  /** A WebSocket handshake: refused with an answer, or ready to be served. */
  async upgrade(request: MockRequest, single: SystemName | undefined = this.options.single): Promise<{ reply: Reply } | Handshake> {
    await this.ready()
    const target = this.target(request.path, single)
    if (!target) return { reply: notHere(this.options.systems) }
    const system = this.loaded.get(target.system) ?? (await this.load(target.system))
    enter(request, target.path)
    const world = this.world(worldName(request.headers))
    return upgrade(world, world.system(system), request)
  }

  /** The default world, or one of another name. */
  world(name = ''): World {
    let found = this.worlds.get(name)
    if (found && name !== '') {
      // The least recently used comes first.
      this.worlds.delete(name)
      this.worlds.set(name, found)
    }
    if (!found) {
      found = new World(name, this.options.worldOptions, this.options.start)
      this.worlds.set(name, found)
      const { onRequest } = this.options
      if (onRequest) found.journal.subscribe((entry) => onRequest(entry, name))
      if (this.worlds.size > MAX_WORLDS + 1) {
        const [unused] = [...this.worlds.keys()].filter((candidate) => candidate !== '')
        this.worlds.get(unused!)!.dispose()
        this.worlds.delete(unused!)
      }
    }
    return found
  }

  /** A system that has been asked for before. */
  known(name: SystemName): System | undefined {
    return this.loaded.get(name)
  }

  async load(name: SystemName): Promise<System> {
    const system = await SYSTEMS[name].load()
    this.loaded.set(name, system)
    return system
  }

  async credentials(name: SystemName): Promise<Members> {
    const { definition } = await this.load(name)
    if (definition.credentials) return definition.credentials(definition.seed)
    const key = (definition.seed['_keys'] ?? []).find((row) => row._org === undefined && !row.revoked && !row._revoked)
    const user = (definition.seed['_users'] ?? []).find((row: Json) => row._org === undefined)
    return { ...(key && { apiKey: key.key ?? key._key }), ...(user && { email: user.email, password: user._password }) }
  }

  /** Resolves when a kept state is in place. */
  ready(): Promise<void> {
    this.loading ??= this.options.state ? this.restoreState() : Promise.resolve()
    return this.loading
  }

  /** Writes the state down, one write at a time. */
  save(): Promise<void> {
    const { state } = this.options
    if (!state) return Promise.resolve()
    // One write that failed (a full disk) says so to its own request, not to all that follow.
    this.saving = this.saving.catch(() => {}).then(async () => {
      const text = JSON.stringify(this.world().snapshot())
      if (text === this.written) return
      await state.save(text)
      this.written = text
    })
    return this.saving
  }

  dispose(): void {
    for (const world of this.worlds.values()) world.dispose()
  }

  private async restoreState(): Promise<void> {
    const text = await this.options.state!.load()
    if (text) this.world().restore(JSON.parse(text))
    this.restored = true
  }

  /** A stream changes things until its end: it is saved again then. */
  private async saved(pending: Later<Reply>): Promise<Reply> {
    const reply = await pending
    if (isStream(reply.body)) reply.lifetime?.onClose(() => void this.save())
    await this.save()
    return reply
  }

  private target(path: string, single: SystemName | undefined): { system: SystemName; path: string } | undefined {
    const slash = path.indexOf('/', 1)
    const first = slash < 0 ? path.slice(1) : path.slice(1, slash)
    if (isSystem(first) && this.options.systems.includes(first)) return { system: first, path: slash < 0 ? '' : path.slice(slash) }
    return single && path !== '/' && !path.startsWith('/__orkit') ? { system: single, path } : undefined
  }
}

/** Leaves the prefix of the system to the origin: links in answers begin with it. */
function enter(request: MockRequest, path: string): void {
  request.origin += request.path.slice(0, request.path.length - path.length)
  request.path = path
}

function notHere(systems: readonly string[]): Reply {
  return new Reply(404, { error: `Nothing is served here. Systems: ${systems.map((name) => `/${name}`).join(', ')}` })
}
