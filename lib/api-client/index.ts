export {
  ApiAuthError,
  ApiError,
  ApiUnavailableError,
  ApiConflictError,
  ApiNotFoundError,
  ApiNotSupportedError,
  ApiOutcomeUnknownError,
  ApiPaymentRequiredError,
  ApiRateLimitedError,
  ApiRequestRefusedError,
  ApiUnexpectedResponseError,
} from './api.errors.js';
export type { ApiClientOptions, ApiCallOptions, ServiceProfile } from './api-client.options.js';
export { API_OPTION_RULES } from './api.option-rules.js';
export { clientProvider } from './client.provider.js';
export type { ApiOptions } from './client.provider.js';
export { ApiTransport } from './api-transport.js';
export type { ApiAnswer, ApiCall } from './api-transport.js';
export { pathId } from './base-url.js';
export type { Query } from './base-url.js';
export { RateLimiter } from './rate-limiter.js';
export type { CallPriority, RateLimits, RateState } from './rate-limits.js';
export {
  clampLimit,
  isRecord,
  readId,
  readList,
  readNumber,
  readObject,
  readText,
} from './shape.js';
export type { JsonRecord } from './shape.js';
export { checkWebhookUrl } from './webhook-url.js';
