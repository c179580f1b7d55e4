import type { System } from '../../kernel/system.js'

export const orca: System = new Proxy({} as System, {
  get() {
    throw new Error('The reference server does not serve orca yet')
  },
})
