import type { Command } from '../app/command.js'
import type { SystemManifest } from '../app/manifest.js'
import { flag } from '../app/settings.js'

/** `auth login|logout|status|token` of one system. */
export function authCommands(manifest: SystemManifest): readonly Command[] {
  const { system, name } = manifest
  const schemes = [...new Set(manifest.credentials.map((credential) => credential.scheme))]
  const strategies = new Set(manifest.credentials.map((credential) => credential.strategy))
  const account = strategies.has('jwt') || strategies.has('session')
  const variables = manifest.credentials.map(({ env }) => env).join(', ')
  return [
    {
      path: [system, 'auth', 'login'],
      summary: `Sign in to ${name}`,
      description: `Asks for what is needed, proves it with a call, and keeps it for later commands. Without a terminal, values come from the environment (${variables}) or stdin.`,
      args: [],
      flags: [
        ...(account ? [flag('email', 'email address of the account'), flag('password-stdin', 'read the password from stdin', { type: 'boolean' })] : []),
        ...(strategies.has('jwt') ? [flag('totp', 'six-digit code of the authenticator app')] : []),
        flag('with-token', 'read an API key or access token from stdin', { type: 'boolean' }),
        ...(schemes.length > 1 ? [flag('scheme', 'which credential', { enum: schemes })] : []),
      ],
      examples: [''],
      facts: [['Environment', variables]],
      load: async () => {
        const { login } = await import('./auth.js')
        return (context, input) => login(manifest, context, input)
      },
    },
    {
      path: [system, 'auth', 'logout'],
      summary: `Sign out of ${name}`,
      description: 'Ends the session on the server where there is one, and forgets every stored credential of the profile.',
      args: [],
      flags: [],
      examples: [''],
      load: async () => {
        const { logout } = await import('./auth.js')
        return (context) => logout(manifest, context)
      },
    },
    statusCommand([system, 'auth', 'status'], [system]),
    {
      path: [system, 'auth', 'token'],
      summary: 'Print the credential in use',
      description: 'Prints the API key or access token that a request would carry now, for use by other programs.',
      args: [],
      flags: [flag('env', 'as shell variables, as the curl commands of --dry-run name them', { type: 'boolean' })],
      examples: [''],
      load: async () => {
        const { token } = await import('./auth.js')
        return (context, input) => token(manifest, context, input)
      },
    },
  ]
}

export const statusCommand = (path: readonly string[], systems: readonly string[] = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']): Command => ({
  path,
  summary: systems.length > 1 ? 'Show the sign-in state of all systems' : 'Show the sign-in state',
  description: 'Says which credential is used, where it comes from and whether the server accepts it. Exit 3 when a credential is refused.',
  args: [],
  flags: [],
  examples: [''],
  load: async () => {
    const { status } = await import('./auth.js')
    return (context) => status(systems, context)
  },
})
