import type { Command } from '../app/command.js'
import type { CommandManifest, SystemManifest } from '../app/manifest.js'

/** An operation of a document as a command. */
export function operationCommand(manifest: SystemManifest, entry: CommandManifest, path: readonly string[]): Command {
  const facts: (readonly [string, string])[] = []
  if (entry.scopes?.length) facts.push(['Scope', entry.scopes.join(', ')])
  if (entry.rateLimit) facts.push(['Rate limit', entry.rateLimit])
  facts.push(['Origin', entry.origin === 'inferred' ? 'inferred: provisional, the vendor names it without a path' : entry.origin])
  if (entry.note) facts.push(['Note', entry.note])
  facts.push(['Vendor docs', manifest.docs])
  return {
    path,
    ...(entry.aliases && path[1] !== 'call' ? { aliases: entry.aliases } : {}),
    summary: entry.summary,
    description: entry.description,
    args: entry.args,
    flags: entry.flags,
    ...(entry.examples && path[1] !== 'call' ? { examples: entry.examples.map((line) => withoutVerb(line, entry)) } : {}),
    facts,
    ...(entry.body ? { body: entry.body } : {}),
    dryRun: true,
    ...(entry.wait ? { wait: true as const } : {}),
    ...(entry.destructive ? { destructive: `${entry.summary}: this cannot be undone. Go on?` } : {}),
    load: async () => {
      const { runOperation } = await import('./operation.js')
      return (context, input) => runOperation(manifest, entry, context, input)
    },
  }
}

/** Examples of the documents begin with the verb; the command's own words already hold it. */
const withoutVerb = (line: string, entry: CommandManifest) => {
  const verb = entry.path.at(-1)!
  return line === verb ? '' : line.startsWith(`${verb} `) ? line.slice(verb.length + 1) : line
}
