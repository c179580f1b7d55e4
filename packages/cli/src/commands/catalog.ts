import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../app/command.js'
import type { SystemManifest } from '../app/manifest.js'
import { group, leaf, type CommandNode } from '../app/tree.js'
import { apiCommand } from './api.command.js'
import { authCommands, statusCommand } from './auth.command.js'
import { chatCommands } from './chat.command.js'
import { completionCommands } from './completion.command.js'
import { configCommands } from './config.command.js'
import { doctorCommand } from './doctor.command.js'
import { commandsCommand, helpCommand } from './help.command.js'
import { mockCommand } from './mock.command.js'
import { mockProxyCommand } from './mock-proxy.command.js'
import { mockRunCommand } from './mock-run.command.js'
import { operationCommand } from './operation.command.js'
import { queueCommands } from './queue.command.js'
import { specCommands } from './spec.command.js'
import { uploadCommand } from './upload.command.js'
import { watchCommands } from './watch.command.js'
import { webhookCommands } from './webhooks.command.js'

/** The five systems in the order of the help; only the asked-for one's manifest is read. */
export const systems: Readonly<Record<string, string>> = {
  orca: 'ORCA: classify data files, find sensitive columns, report',
  orckai: 'Orckai: agents, workflows, knowledge bases and chat',
  flexorch: 'FlexOrch: documents to datasets',
  klarefi: 'Klarefi: cases with evidence-backed fields',
  orbiter: 'Orbiter: projects, agents, workflows and deployments',
}

/** Groups of commands that are no resources of a document. */
const own: Readonly<Record<string, string>> = { auth: 'Sign in and out, show and print the credential', batch: 'What upload has left behind: list, resume, retry, export' }

/** `manifests` is the folder with `<system>.gen.json`. */
export function commandTree(manifests: string): CommandNode {
  const root: CommandNode = {
    name: 'orkit',
    summary: 'One command line for ORCA, Orckai, FlexOrch, Klarefi and Orbiter.',
    children: once(() => {
      const nodes = new Map<string, CommandNode>()
      for (const system of Object.keys(systems)) nodes.set(system, systemNode(system, manifests))
      nodes.set('auth', { name: 'auth', summary: 'Sign-in state of all systems', children: once(() => new Map([['status', leaf(statusCommand(['auth', 'status']))]])) })
      for (const command of [apiCommand, doctorCommand, ...completionCommands(() => root), commandsCommand(() => root), helpCommand(() => root)]) nodes.set(command.path[0]!, leaf(command))
      const grouped: Readonly<Record<string, string>> = { config: 'Settings, and the file they are in', profile: 'Several accounts side by side', webhooks: 'Receive, send and check webhooks', spec: specCommands[0]!.summary, mock: mockCommand.summary, batch: 'Batches that are on a queue: work on them, list, show, cancel' }
      for (const [name, node] of group([...configCommands, mockCommand, mockProxyCommand, mockRunCommand, ...webhookCommands, ...specCommands, ...queueCommands], 0, ([name]) => grouped[name!]!)) nodes.set(name, node)
      return sectioned(nodes, { Systems: Object.keys(systems), 'Sign-in and settings': ['auth', 'profile', 'config', 'doctor'] }, 'Tools')
    }),
  }
  return root
}

/** Commands of one system: generated ones, hand-written ones over them, and every operation under `call`. */
export const systemCommands = (manifest: SystemManifest): readonly Command[] => [...namedCommands(manifest), ...byId(manifest)]

function namedCommands(manifest: SystemManifest): readonly Command[] {
  const { system } = manifest
  const written = [...authCommands(manifest), ...chatCommands(manifest), ...watchCommands(manifest), ...uploadCommand(manifest)]
  const taken = new Set(written.map((command) => command.path.join(' ')))
  const generated = manifest.commands.filter((entry) => !taken.has([system, ...entry.path].join(' '))).map((entry) => operationCommand(manifest, entry, [system, ...entry.path]))
  return [...generated, ...written]
}

const byId = (manifest: SystemManifest): readonly Command[] => manifest.commands.map((entry) => operationCommand(manifest, entry, [manifest.system, 'call', entry.id]))

function systemNode(system: string, manifests: string): CommandNode {
  const read = once(() => readManifest(system, manifests))
  return {
    name: system,
    summary: systems[system]!,
    children: once(() => {
      const manifest = read()
      const describe = (words: readonly string[]) => own[words.slice(1).join(' ')] ?? (manifest.resources[words.slice(1).join(' ')] ?? `${words.slice(1).join(' ')} commands`)
      const call: CommandNode = { name: 'call', summary: 'Call any operation by its id', children: once(() => group(byId(manifest), 2, describe)) }
      const nodes = new Map([...group(namedCommands(manifest), 1, describe), ['call', call] as const])
      return sectioned(nodes, { Resources: Object.keys(manifest.resources).filter((name) => name !== 'auth' && nodes.get(name)?.command === undefined) }, 'Commands')
    }),
    facts: () => [['Sign in', `orkit ${system} auth login`], ['Vendor docs', read().docs]],
  }
}

export const readManifest = (system: string, manifests: string): SystemManifest => JSON.parse(readFileSync(join(manifests, `${system}.gen.json`), 'utf8')) as SystemManifest

/** In the order of the titles; what no title names comes last, under `rest`. */
function sectioned(nodes: ReadonlyMap<string, CommandNode>, titles: Readonly<Record<string, readonly string[]>>, rest: string): Map<string, CommandNode> {
  const named = Object.entries(titles).flatMap(([section, names]) => names.flatMap((name) => (nodes.has(name) ? [[name, { ...nodes.get(name)!, section }] as const] : [])))
  const out = new Map<string, CommandNode>(named)
  for (const [name, node] of nodes) if (!out.has(name)) out.set(name, { ...node, section: rest })
  return out
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
