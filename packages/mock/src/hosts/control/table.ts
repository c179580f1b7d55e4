import { Router } from '../../kernel/route.js'
import type { Action } from './action.js'
import { requestActions } from './requests.js'
import { ruleActions } from './rules.js'
import { stateActions } from './state.js'
import { timeActions } from './time.js'
import { workActions } from './work.js'

/** Every action of the control plane. The routes, their document and its page are made from it. */
export const actions: readonly Action[] = [...stateActions, ...requestActions, ...ruleActions, ...timeActions, ...workActions]

export const router = new Router(actions)
