import type ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { check, openEnumerations } from './program.js'

/** The largest document is Orbiter's. */
const orbiter = `import { Orbiter } from '../../src/systems/orbiter/index.js'\nconst orbiter = new Orbiter({ ciKey: 'k' })\n`
const orckai = `import { Orckai } from '../../src/systems/orckai/index.js'\nconst orckai = new Orckai({ apiKey: 'k' })\n`
const api = `${orckai}import { createApi } from '../../src/systems/orckai/api.js'\nconst api = createApi(orckai)\n`

describe('what types cost', () => {
  it.each([
    ['a get', 'export const agent = await orbiter.agents.get("a")\nagent.name satisfies string'],
    ['a list', 'for await (const agent of orbiter.agents.list()) agent.name satisfies string'],
    ['a create', 'export const project = await orbiter.projects.create({ name: "Demo" })'],
  ])('%s as the first call on the largest document: at most 1,500 instantiations', (_, call) => {
    const { errors, instantiations } = check(orbiter + call)
    expect(errors).toEqual([])
    expect(instantiations).toBeLessThanOrEqual(1500)
    expect(instantiations).toBeGreaterThan(0)
  })
})

describe('a mistake is one line that names it', () => {
  it.each([
    ['a resource', `${orckai}orckai.agentz.list()`, 'agentz'],
    ['a method', `${orckai}orckai.agents.fetch('a')`, 'fetch'],
    ['a missing argument', `${orckai}orckai.agents.get()`, 'Expected 1-2 arguments'],
    ['a member of the body', `${orckai}orckai.agents.create({ nam: 'x' })`, 'nam'],
    ['the type of a member', `${orckai}orckai.agents.create({ name: 1 })`, 'number'],
    ['a query parameter', `${orbiter}orbiter.agents.list({ limitt: 1 })`, 'limitt'],
    ['a field of the result', `${orckai}export const n = (await orckai.agents.get('a')).nmae`, 'nmae'],
    ['an option of the client', `${orckai}new Orckai({ apiKeey: 'k' })`, 'apiKeey'],
    ['an option of the call', `${orckai}orckai.agents.get('a', { timeOut: 1 })`, 'timeOut'],
    ['a path', `${api}export const r = await api.GET('/agentz', {})`, '/agentz'],
  ])('%s', (_, text, named) => {
    const { errors } = check(text)
    expect(errors).toHaveLength(1)
    expect(errors[0]!.split('\n')).toHaveLength(1)
    expect(errors[0]).toContain(named)
  })
})

describe('enumerations that the vendor may extend', () => {
  it.each(['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'])('%s: every known value is in the type, and others are accepted', (system) => {
    const enumerations = openEnumerations(system)
    const { checker, file, errors } = check(`import type { components } from '../../src/systems/${system}/types.gen.js'\nexport declare const schemas: components['schemas']`)
    expect(errors).toEqual([])
    const [schemas] = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!)
    const memberOf = (type: ts.Type, name: string) => checker.getNonNullableType(checker.getTypeOfSymbol(checker.getPropertyOfType(type, name)!))
    expect(enumerations.length).toBeGreaterThan(0)
    for (const { schema, member, values } of enumerations) {
      const type = memberOf(memberOf(checker.getTypeOfSymbol(schemas!), schema), member)
      const parts = type.isUnion() ? type.types : [type]
      const known = parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : []))
      expect(known, `${schema}.${member}`).toEqual(expect.arrayContaining([...values]))
      expect(checker.isTypeAssignableTo(checker.getStringType(), type), `${schema}.${member}`).toBe(true)
    }
  })
})
