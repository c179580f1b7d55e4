import { expect, it } from 'vitest'
import { globalFlags } from '../../packages/cli/src/app/settings.js'
import { GLOBAL_FLAGS } from '../../spec/generate/emit/manifest.js'

it.each([...globalFlags.map((g) => g.flag), 'body', 'field'])('the generator keeps --%s free for the CLI', (name) => {
  expect(GLOBAL_FLAGS.has(name)).toBe(true)
})
