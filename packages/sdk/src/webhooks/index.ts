export { constructEvent, KLAREFI_SIGNATURE_HEADER, signPayload, type VerifyOptions } from './klarefi.js'
export { constructFlexOrchEvent, FLEXORCH_SIGNATURE_HEADER, signFlexOrchPayload } from './flexorch.js'
export type { RawBody } from './hmac.js'
export { WebhookVerificationError } from '../core/errors/outcome.js'
