import type { Policy } from '../../core/pipeline.js'
import { responseValidation, type ValidateMode, type ValidateOptions } from '../../validate/index.js'
import { schemas } from './schemas.gen.js'

export { ResponseValidationError, type ResponseIssue, type ValidateMode, type ValidateOptions } from '../../validate/index.js'

/** Checks Orbiter's answers against its document: `policies: [validate('warn')]`. `error` rejects with a `ResponseValidationError`, `off` does nothing. Needs the package zod. */
export function validate(mode: ValidateMode = 'warn', options?: ValidateOptions): Policy {
  return responseValidation(schemas, mode, options)
}
