import { InvalidArgumentError } from '../errors/base.js'
import { AuthenticationError } from '../errors/api.js'
import { env } from '../environment.js'
import type { Operation, SecurityScheme } from '../operation.js'
import type { Secret } from '../options.js'
import type { AuthContext, AuthFactory, AuthStrategy } from './types.js'

/** Makers of strategies, by the name of the strategy. */
export type AuthFactories = Partial<Record<SecurityScheme['strategy'], AuthFactory>>

export interface SchemesContext extends Omit<AuthContext, 'name' | 'scheme' | 'key' | 'secret' | 'has'> {
  readonly credentials: Readonly<Record<string, Secret | undefined>>
  readonly origin: () => string
}

/** The strategies of a system's schemes, made when they are first needed. */
export class Schemes {
  private readonly made = new Map<string, AuthStrategy>()
  private observed: Map<string, string> | undefined

  constructor(private readonly context: SchemesContext, private readonly factories: AuthFactories) {}

  get(name: string): AuthStrategy {
    let strategy = this.made.get(name)
    if (strategy === undefined) {
      const scheme = this.context.profile.schemes[name]
      const factory = scheme === undefined ? undefined : this.factories[scheme.strategy]
      if (scheme === undefined || factory === undefined) throw new InvalidArgumentError(`${this.context.profile.name} has no sign-in named ${name}`)
      strategy = factory(this.contextOf(name, scheme))
      this.made.set(name, strategy)
    }
    return strategy
  }

  /** The strategies that can sign in and out. */
  interactive(): AuthStrategy[] {
    const { schemes } = this.context.profile
    return Object.keys(schemes).filter((name) => schemes[name]!.login !== undefined).map((name) => this.get(name))
  }

  /** Tells the strategies about answers of the operations that they are made of. */
  observer(op: Operation): AuthStrategy | undefined {
    const name = (this.observed ??= this.observing()).get(op.id)
    return name === undefined ? undefined : this.get(name)
  }

  /** The first scheme of the operation that there are credentials for; undefined when it needs none or the caller's own headers carry one. */
  pick(op: Operation, headers: Readonly<Record<string, string>>): AuthStrategy | undefined {
    const names = op.auth ?? this.context.profile.security
    for (const name of names) {
      const scheme = this.context.profile.schemes[name]
      if (scheme !== undefined && headers[scheme.in === 'cookie' ? 'cookie' : scheme.name.toLowerCase()] !== undefined) return undefined
    }
    for (const name of names) {
      const strategy = this.get(name)
      if (strategy.ready()) return strategy
    }
    if (names.length === 0) return undefined
    throw this.missing(op, names)
  }

  /** Operation -> the scheme that it belongs to. */
  private observing(): Map<string, string> {
    const found = new Map<string, string>()
    for (const [name, { login, logout, refresh, totp }] of Object.entries(this.context.profile.schemes)) {
      for (const id of [login, logout, refresh, totp]) if (id !== undefined && !found.has(id)) found.set(id, name)
    }
    return found
  }

  private missing(op: Operation, names: readonly string[]): AuthenticationError {
    const { profile } = this.context
    const ways = names.map((name) => {
      const needed = profile.schemes[name]!.credentials.filter((credential) => credential.optional !== true)
      return `${needed.map((credential) => credential.name).join(' and ')} (or ${needed.map((credential) => credential.env).join(', ')})`
    })
    return new AuthenticationError({ system: profile.name, operation: op.id, status: 401, code: 'credentials_missing', attempts: 0, message: `no credentials: pass ${ways.join(', or ')}` })
  }

  private contextOf(name: string, scheme: SecurityScheme): AuthContext {
    const { credentials, origin, ...rest } = this.context
    const variables = new Map(scheme.credentials.map((credential) => [credential.name, credential.env]))
    const valueOf = (credential: string) => {
      const variable = variables.get(credential)
      return credentials[credential] ?? (variable === undefined ? undefined : env(variable))
    }
    const learned = (credential: string, value: string | undefined) => {
      if (credential !== 'email' && credential !== 'totp') rest.learn(value)
      return value
    }
    return {
      ...rest,
      name,
      scheme,
      has: (credential) => variables.has(credential) && valueOf(credential) !== undefined,
      secret: (credential) => {
        const given = valueOf(credential)
        return typeof given === 'function' ? Promise.resolve(given()).then((value) => learned(credential, value)) : learned(credential, given)
      },
      key: (account) => [rest.profile.system, name, origin(), account ?? ''].join('|'),
    }
  }
}
