import { cutText } from '../core/index.js';
import {
  ApiAuthError,
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
import type { ApiError, FailedCall } from './api.errors.js';
import type { WireAnswer, WireOutcome } from './exchange.js';
import { pauseAfter429, readRateHeaders } from './rate-headers.js';
import { isPassing } from './retry.policy.js';
import { readHeader, readServiceWords } from './service-words.js';
import { isRecord } from './shape.js';

/** What `failure` has to know of the call beside its outcome. */
export interface FailureContext {
  readonly call: FailedCall;
  /** False: an outcome that is not certain is an ApiOutcomeUnknownError. */
  readonly repeatable: boolean;
  /** Taken out of all that the service says. */
  readonly apiKey: string;
  readonly hints: Readonly<Record<number, string>>;
  readonly now: number;
}

/** The error (or abort reason) for an outcome that is no usable answer. */
export function failure(outcome: WireOutcome, context: FailureContext): unknown {
  const { call, repeatable } = context;
  switch (outcome.kind) {
    case 'answer':
      return answerFailure(outcome.answer, context);
    case 'unsent':
      return new ApiUnavailableError(call, { cause: outcome.cause });
    case 'lost':
      return repeatable
        ? new ApiUnavailableError(call, { cause: outcome.cause })
        : new ApiOutcomeUnknownError(call, { cause: outcome.cause });
    case 'aborted':
      return repeatable
        ? outcome.reason
        : new ApiOutcomeUnknownError(call, { cause: outcome.reason });
  }
}

function answerFailure(answer: WireAnswer, context: FailureContext): ApiError {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const bytes = answer.tooLarge ? 'is longer than `maxResponseBytes`' : 'is no JSON';
    return unusable(`Its body ${bytes}: is the base URL right?`, answer, context);
  }
  const call: FailedCall = {
    ...context.call,
    status,
    hint: context.hints[status],
    ...readServiceWords(answer.text, answer.headers, context.apiKey),
  };
  if (status < 400) return new ApiUnexpectedResponseError(call, 'No document names that status.');
  if (status === 429) {
    return new ApiRateLimitedError(
      call,
      pauseAfter429(readRateHeaders(answer.headers, context.now)),
    );
  }
  if (isPassing(status)) {
    return context.repeatable ? new ApiUnavailableError(call) : new ApiOutcomeUnknownError(call);
  }
  if (status === 404 && !isOfTheService(answer)) {
    const foreign = { ...call, hint: call.hint ?? FOREIGN_404 };
    return context.repeatable
      ? new ApiUnavailableError(foreign)
      : new ApiOutcomeUnknownError(foreign);
  }
  return refusal(status, call);
}

const FOREIGN_404 =
  'That 404 is no JSON, so it is not the service’s word on the resource but a proxy’s, or of another address: try again later, and check the base URL if it stays so.';

/** Both services answer errors in JSON; a load balancer without a backend, or a wrong route, with a page. */
function isOfTheService({ text, tooLarge }: WireAnswer): boolean {
  if (tooLarge) return false;
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}

function refusal(status: number, call: FailedCall): ApiError {
  switch (status) {
    case 401:
    case 403:
      return new ApiAuthError(call);
    case 402:
      return new ApiPaymentRequiredError(call);
    case 404:
      return new ApiNotFoundError(call);
    case 409:
      return new ApiConflictError(call);
    case 405:
    case 501:
      return new ApiNotSupportedError(call);
    default:
      return new ApiRequestRefusedError(call);
  }
}

/**
 * The error for a 2xx whose body cannot be used. The body is not quoted: it may hold results or a
 * secret. Where the call has changed something, that it has is what the caller must know.
 */
export function unusable(
  problem: string,
  { status, headers }: Pick<WireAnswer, 'status' | 'headers'>,
  { call, repeatable, apiKey }: Pick<FailureContext, 'call' | 'repeatable' | 'apiKey'>,
): ApiError {
  const type = cutText(readHeader(headers, 'content-type', apiKey) ?? 'no content type', 100);
  const answered = { ...call, status };
  const unexpected = new ApiUnexpectedResponseError(answered, `${problem} (${type})`);
  return repeatable ? unexpected : new ApiOutcomeUnknownError(answered, { cause: unexpected });
}
