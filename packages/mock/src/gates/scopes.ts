import type { Actor, Profile } from '../kernel/profile.js'

/** The scopes that are required and not granted. */
export function lacking(actor: Actor, required: readonly string[], profile: Profile): readonly string[] {
  if (required.length === 0) return required
  const allows = profile.allows ?? exact
  return required.filter((scope) => !allows(actor.scopes, scope))
}

function exact(granted: readonly string[], required: string): boolean {
  return granted.includes(required) || granted.includes('*')
}
