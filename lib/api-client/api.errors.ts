import { ArmoxArmaloError } from '../core/index.js';

/** What is known of a call that failed. Never holds the key. */
export interface FailedCall {
  /** The service's name as people write it. */
  readonly service: string;
  /** Method and path below the base URL, without the query: `GET /jobs/job_123`. */
  readonly request: string;
  /** HTTP status of the answer; undefined when there was none. */
  readonly status?: number | undefined;
  /** The service's own words, at most 300 characters. */
  readonly serviceMessage?: string | undefined;
  /** The service's own error code, where it sends one (`INVALID_INPUT`). */
  readonly serviceCode?: string | undefined;
  /** The service's `details`, as it sent them; cut to a text where they are long. */
  readonly details?: unknown;
  /** The service's id of the request: quote it to its support. */
  readonly requestId?: string | undefined;
  /** What this very call needs, where that is known better than by the status. */
  readonly hint?: string | undefined;
}

/** Base of what a call to a service's API may throw; each subclass asks for another reaction. */
export abstract class ApiError extends ArmoxArmaloError implements FailedCall {
  readonly service: string;
  readonly request: string;
  readonly status: number | undefined;
  readonly serviceMessage: string | undefined;
  readonly serviceCode: string | undefined;
  readonly details: unknown;
  readonly requestId: string | undefined;

  constructor(call: FailedCall, advice: string, options?: ErrorOptions) {
    super(`${whatHappened(call)} ${call.hint ?? advice}`, options);
    this.service = call.service;
    this.request = call.request;
    this.status = call.status;
    this.serviceMessage = call.serviceMessage;
    this.serviceCode = call.serviceCode;
    this.details = call.details;
    this.requestId = call.requestId;
  }
}

function whatHappened({ service, request, status, serviceMessage }: FailedCall): string {
  const words = serviceMessage ? ` “${serviceMessage}”` : '';
  return status === undefined
    ? `${service} gave no answer to ${request}.`
    : `${service} answered ${status} to ${request}.${words}`;
}

/** 401 or 403: the key is wrong, expired, of a plan without API access, or lacks a scope. */
export class ApiAuthError extends ApiError {
  readonly code = 'ARMOX_ARMALO_API_AUTH';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(
      call,
      call.status === 403
        ? 'The plan or the scopes of the API key do not allow this call: check both.'
        : 'The API key is missing, wrong, expired or revoked: set a valid one.',
      options,
    );
  }
}

/** 402: no credits, or not paid for by the plan. Never retried, never paid. */
export class ApiPaymentRequiredError extends ApiError {
  readonly code = 'ARMOX_ARMALO_PAYMENT_REQUIRED';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(
      call,
      'The account’s credits or plan do not cover this call; repeating it does not help.',
      options,
    );
  }
}

/** 404: the service does not know the resource (or the route). */
export class ApiNotFoundError extends ApiError {
  readonly code = 'ARMOX_ARMALO_NOT_FOUND';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(call, 'The service does not know it: check the id and the base URL.', options);
  }
}

/** 409: the resource is in a state that forbids the call, or exists already. */
export class ApiConflictError extends ApiError {
  readonly code = 'ARMOX_ARMALO_CONFLICT';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(
      call,
      'Its present state forbids the call, or it exists already: read it again.',
      options,
    );
  }
}

/** Any other 4xx: the request itself is wrong. */
export class ApiRequestRefusedError extends ApiError {
  readonly code = 'ARMOX_ARMALO_REQUEST_REFUSED';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(call, 'Correct the request; repeating it unchanged does not help.', options);
  }
}

/** The service has no such operation (405, 501, or 404 of a route that no document names). */
export class ApiNotSupportedError extends ApiError {
  readonly code = 'ARMOX_ARMALO_NOT_SUPPORTED';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(call, 'The service does not offer this operation.', options);
  }
}

/** The key's rate limit is used up for longer than the call may wait. */
export class ApiRateLimitedError extends ApiError {
  readonly code = 'ARMOX_ARMALO_RATE_LIMITED';

  constructor(
    call: FailedCall,
    /** Milliseconds after which a call with this key may be tried again. */
    readonly retryAfterMs: number,
    options?: ErrorOptions,
  ) {
    const seconds = Math.ceil(retryAfterMs / 1000);
    super(
      call.status === undefined ? { ...call, hint: heldBack(seconds) } : call,
      `The key’s rate limit is used up: try again in ${seconds} s.`,
      options,
    );
  }
}

function heldBack(seconds: number): string {
  return `It was not sent: the key’s rate limit is used up for longer than the call may wait; try again in ${seconds} s.`;
}

/** The service could not be reached, was too slow or answered 5xx or 408, also when tried again. */
export class ApiUnavailableError extends ApiError {
  readonly code = 'ARMOX_ARMALO_API_UNAVAILABLE';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(call, 'The service is unavailable: try again later.', options);
  }
}

/** The answer is not what the API documents: HTML, wrong JSON, a redirect elsewhere, too large. */
export class ApiUnexpectedResponseError extends ApiError {
  readonly code = 'ARMOX_ARMALO_UNEXPECTED_RESPONSE';

  constructor(call: FailedCall, problem: string, options?: ErrorOptions) {
    super(call, problem, options);
  }
}

/**
 * A call that changes something was sent, and its answer was lost or says nothing certain: it may
 * have taken effect (a run may have been charged). It was not repeated; look before you repeat it.
 */
export class ApiOutcomeUnknownError extends ApiError {
  readonly code = 'ARMOX_ARMALO_OUTCOME_UNKNOWN';

  constructor(call: FailedCall, options?: ErrorOptions) {
    super(
      call,
      'It may have taken effect and was not repeated: see what the service lists before you send it again.',
      options,
    );
  }
}
