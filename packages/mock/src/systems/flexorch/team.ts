import type { Context } from '../../kernel/context.js'
import { subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import { invalid, same } from './answers.js'

const ROLES = ['admin', 'member', 'editor', 'viewer']
const MEMBERS = 'team.members'
const INVITATIONS = 'team.invitations'

export const team = defineResource({
  collections: {
    [MEMBERS]: { label: 'Member', key: 'user_id', param: 'user_id', present: ({ id: _, ...row }) => row },
    [INVITATIONS]: {},
  },
  behaviours: {
    'team.invite': (c) => {
      manager(c)
      const email = String(c.body.email).toLowerCase()
      const role = roleOf(c)
      if (c.store(MEMBERS).find((row) => row['email'] === email)) return invalid(c, `email: ${email} is a member already`)
      const pending = c.store(INVITATIONS).find((row) => row['email'] === email && row['status'] === 'pending')
      const invitation = { email, role, status: 'pending', created_at: c.now() }
      return c.created(pending ? c.store(INVITATIONS).update(pending.id, invitation) : c.store(INVITATIONS).insert(invitation))
    },
    'team.members.updateRole': (c) => {
      manager(c)
      const member = subject(c, MEMBERS)
      const role = roleOf(c)
      if (member['role'] === 'owner') return invalid(c, 'The role of the owner cannot be changed')
      if (c.store('_users').get(member['user_id'])) c.store('_users').update(member['user_id'], { role })
      return c.ok(c.show(MEMBERS, c.store(MEMBERS).update(member.id, { role })))
    },
    'team.members.remove': (c) => {
      manager(c)
      const member = subject(c, MEMBERS)
      const owners = c.store(MEMBERS).count((row) => row['role'] === 'owner')
      if (member['role'] === 'owner' && owners < 2) return c.error('FORBIDDEN', 'At least one owner must remain')
      c.store(MEMBERS).remove(member.id)
      // The account goes with it: its tokens stop working.
      c.store('_users').remove(member['user_id'])
      return c.noContent()
    },
  },
})

/** Keys of the workspace may do everything, users only as owner or admin. */
function manager(c: Context): void {
  const role = c.actor.user === undefined ? 'admin' : (c.store(MEMBERS).find((row) => same(row['user_id'], c.actor.user))?.['role'] ?? c.actor.role)
  if (role !== 'owner' && role !== 'admin') c.fail('FORBIDDEN', 'Only owners and admins manage members')
}

function roleOf(c: Context): string {
  const role = String(c.body.role).toLowerCase()
  return ROLES.includes(role) ? role : invalid(c, `role must be one of ${ROLES.join(', ')}`)
}
