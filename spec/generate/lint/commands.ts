/** Example lines of commands use flags and as many arguments as there are. */

import { GLOBAL_FLAGS, systemManifest } from '../emit/manifest.js'
import type { Model } from '../model.js'
import type { Report } from '../report.js'

export function checkCommands(model: Model, report: Report): void {
  for (const command of systemManifest(model, report).commands) {
    const operation = model.byId.get(command.id)!
    const flags = new Map(command.flags.map((one) => [one.flag, one]))
    for (const example of command.examples ?? []) {
      const say = (message: string): void => report.add(operation.file, operation.where, `x-orkit.cli.examples has \`${example}\`, ${message}`)
      // Quoted text is one word whatever it holds.
      const words = example.replace(/'[^']*'|"[^"]*"/g, 'x').split(' ').filter((word) => word !== '').slice(1)
      for (const word of words) {
        const name = /^--([\w.-]+)/.exec(word)?.[1]
        if (name !== undefined && !flags.has(name) && !flags.has(name.replace(/^no-/, '')) && !GLOBAL_FLAGS.has(name)) say(`but there is no flag --${name}; there ${flags.size === 0 ? 'is none' : `are ${[...flags.keys()].map((flag) => `--${flag}`).join(', ')}`}`)
      }
      const first = words.findIndex((word) => word.startsWith('-'))
      const given = (first === -1 ? words : words.slice(0, first)).length
      const variadic = command.args.some((arg) => arg.variadic === true)
      if (given > command.args.length && !variadic) say(`which has ${given} arguments; the command takes ${command.args.length}`)
    }
  }
}
