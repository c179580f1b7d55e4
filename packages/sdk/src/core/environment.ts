/** An environment variable, read when it is asked for; undefined where there is no environment. */
export function env(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  try {
    return process?.env?.[name] || undefined
  } catch {
    // Deno without permission to read it.
    return undefined
  }
}

export function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  return process?.versions?.node !== undefined
}

export function isWorkerd(): boolean {
  return (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers'
}

/** A page or a worker of one: there, bodies that are streams need HTTP/2, and not every engine has them. */
export function isBrowser(): boolean {
  const { document, importScripts, Deno } = globalThis as { document?: unknown; importScripts?: unknown; Deno?: unknown }
  return (document !== undefined || importScripts !== undefined) && Deno === undefined && !isNode() && !isWorkerd()
}
