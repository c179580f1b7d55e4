import type { Command } from '../src/app/command.js'
import { exitMeanings } from '../src/app/exit.js'
import { placeholder } from '../src/app/placeholder.js'
import { globalFlags } from '../src/app/settings.js'

/** A page of section 1 in the man macros. */
export function manPage(name: string, summary: string, commands: readonly Command[], topics: Readonly<Record<string, { readonly summary: string; readonly text: () => string }>>): string {
  const about = summary.replace(/^[^:]+: /, '').replace(/\.$/, '')
  const lines = [
    `.TH ${name.toUpperCase().replaceAll('-', '\\-')} 1 "" orkit "orkit manual"`,
    '.SH NAME',
    `${roff(name)} \\- ${roff(about)}`,
    '.SH SYNOPSIS',
    `.B ${roff(name.replace('-', ' '))}`,
    '<command> [flags]',
    '.SH COMMANDS',
    ...commands.flatMap(command),
    '.SH GLOBAL FLAGS',
    ...globalFlags.flatMap((g) => ['.TP', `.B ${roff(`${g.short ? `-${g.short}, ` : ''}--${g.flag}${g.value ? ` ${g.value}` : ''}`)}`, roff(g.choices ? `${g.choices.join(', ')}: ${g.description}` : g.description)]),
    '.SH EXIT STATUS',
    ...Object.entries(exitMeanings).flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    ...Object.entries(topics).filter(([topic]) => topic !== 'exit-codes').flatMap(([topic, { text }]) => [`.SH ${topic.toUpperCase()}`, '.nf', ...text().split('\n').map(roff), '.fi']),
    '.SH SEE ALSO',
    `${roff(name === 'orkit' ? 'orkit-orca(1), orkit-orckai(1), orkit-flexorch(1), orkit-klarefi(1), orkit-orbiter(1)' : 'orkit(1)')}`,
  ]
  return `${lines.join('\n')}\n`
}

const command = (each: Command): string[] => [
  `.SS ${roff([...each.path, ...each.args.map((arg) => (arg.required ? `<${arg.name}>` : `[${arg.name}]`) + (arg.variadic ? '...' : ''))].join(' '))}`,
  roff(each.description && each.description !== each.summary ? `${each.summary}. ${each.description.split('\n')[0]!}` : each.summary),
  ...each.flags.flatMap((f) => ['.TP', `.B ${roff(`--${f.flag}${f.type === 'boolean' ? '' : ` <${placeholder(f)}>`}`)}`, roff(`${f.description.split('\n')[0]!}${f.required ? ' (required)' : ''}`)]),
]

/** Text that troff must not read as its own. */
const roff = (text: string): string => {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}
