import type { FieldIssue } from '../../kernel/profile.js'

/** One entry of `details.fields`: Pydantic's words for what a schema keyword refused. */
export interface FieldError {
  field: string | null
  message: string
  type: string
}

export function fieldErrors(issues: readonly FieldIssue[]): FieldError[] {
  return issues.map((issue) => ({ field: issue.field === '' ? null : issue.in === 'header' ? issue.field.toLowerCase() : issue.field, ...worded(issue) }))
}

function worded({ keyword, params = {}, value, message }: FieldIssue): Omit<FieldError, 'field'> {
  const limit = Number(params['limit'])
  switch (keyword) {
    case 'required':
      return { type: 'missing', message: 'Field required' }
    case 'minLength':
      return { type: 'string_too_short', message: `String should have at least ${characters(limit)}` }
    case 'maxLength':
      return { type: 'string_too_long', message: `String should have at most ${characters(limit)}` }
    case 'enum':
      return { type: 'string_pattern_mismatch', message: `String should match pattern '^(${(params['allowedValues'] as unknown[] ?? []).filter((one) => one !== null).join('|')})$'` }
    case 'pattern':
      return { type: 'string_pattern_mismatch', message: `String should match pattern '${params['pattern']}'` }
    case 'exclusiveMinimum':
      return { type: 'greater_than', message: `Input should be greater than ${limit}` }
    case 'minimum':
      return { type: 'greater_than_equal', message: `Input should be greater than or equal to ${limit}` }
    case 'maximum':
      return { type: 'less_than_equal', message: `Input should be less than or equal to ${limit}` }
    case 'type':
      return mistyped(([] as string[]).concat(params['type'] as string | string[] ?? []).filter((type) => type !== 'null')[0] ?? '', value)
    default:
      return { type: 'value_error', message: `Value error, ${message}` }
  }
}

function mistyped(type: string, value: unknown): Omit<FieldError, 'field'> {
  switch (type) {
    case 'string':
      return { type: 'string_type', message: 'Input should be a valid string' }
    case 'integer':
      if (typeof value === 'string') return { type: 'int_parsing', message: 'Input should be a valid integer, unable to parse string as an integer' }
      if (typeof value === 'number') return { type: 'int_from_float', message: 'Input should be a valid integer, got a number with a fractional part' }
      return { type: 'int_type', message: 'Input should be a valid integer' }
    case 'number':
      if (typeof value === 'string') return { type: 'float_parsing', message: 'Input should be a valid number, unable to parse string as a number' }
      return { type: 'float_type', message: 'Input should be a valid number' }
    case 'boolean':
      if (typeof value === 'string' || typeof value === 'number') return { type: 'bool_parsing', message: 'Input should be a valid boolean, unable to interpret input' }
      return { type: 'bool_type', message: 'Input should be a valid boolean' }
    case 'array':
      return { type: 'list_type', message: 'Input should be a valid list' }
    default:
      return { type: 'model_attributes_type', message: 'Input should be a valid dictionary or object to extract fields from' }
  }
}

function characters(count: number): string {
  return count === 1 ? '1 character' : `${count} characters`
}
