import type { System } from '../../kernel/system.js'

export const klarefi: System = new Proxy({} as System, {
  get() {
    throw new Error('The reference server does not serve klarefi yet')
  },
})
