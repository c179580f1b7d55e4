import { closeSession, openSession } from '../../gates/sessions.js'
import { defineResource } from '../../kernel/definition.js'
import { COOKIE } from './gates.js'

export const auth = defineResource({
  behaviours: {
    'auth.login': (c) => {
      const { email, password } = c.body
      const user = c.everyone('_users').find((row) => row['email'] === email && row['_password'] === password)
      if (!user) return c.error('UNAUTHORIZED', 'Invalid email or password')
      return c.ok(user).header('set-cookie', openSession(c, user, COOKIE).cookie)
    },
    'auth.register': (c) => {
      const { email, password } = c.body
      if (c.everyone('_users').find((row) => row['email'] === email)) return c.error('CONFLICT', 'Email already registered')
      return c.created(c.everyone('_users').insert({ id: c.id('_users'), email, role: 'developer', created_at: c.now(), _password: password }))
    },
    'auth.me': (c) => c.ok(c.everyone('_users').get(c.actor.user!)),
    'auth.csrf': (c) => c.ok({ token: c.actor.row!['csrf'] }),
    'auth.logout': (c) => c.noContent().header('set-cookie', closeSession(c, c.actor.session ?? '', COOKIE)),
  },
})
