export { Orckai, Orckai as default, type OrckaiOptions } from './client.js'
export {
  AbortedError, ApiError, AuthenticationError, BadRequestError, ConflictError, ConnectionError, DecodeError, InvalidArgumentError, JobFailedError, NotFoundError, OrkitError,
  PaginationError, PayloadTooLargeError, PermissionDeniedError, PlanError, QuotaExceededError, RateLimitError, ServerError, StreamError, TimeoutError, UnsupportedFileError,
  ValidationError, WebhookVerificationError,
} from '../../core/errors/index.js'
export type { ApiPromise, ClientOptions, Download, EventStream, FinalMessage, Page, PagePromise, RequestOptions, Secret, SocketStream, StreamPromise, WaitablePromise, WaitOptions, WaitProgress } from '../../core/results.js'
export type { Uploadable } from '../../core/uploads.js'
export type * from './resources.gen.js'
