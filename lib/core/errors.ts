/**
 * Base of every error that the module throws. `code` never changes for one meaning, so switch on
 * it, not on the text. The README's table lists all codes.
 */
export abstract class ArmoxArmaloError extends Error {
  abstract readonly code: `ARMOX_ARMALO_${string}`;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option is missing or wrong. Thrown at boot; names the option and what to write. */
export class ArmoxArmaloConfigurationError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_CONFIGURATION';

  constructor(
    /** The option's path, e.g. `<source>.webhookSecret`. */
    readonly option: string,
    whatToDo: string,
    options?: ErrorOptions,
  ) {
    super(`Option \`${option}\`: ${whatToDo}`, options);
  }
}

/**
 * Two handlers have the same stable name, or a decorated method cannot be called: thrown at boot. Or
 * a transactional handler goes on using `context.manager` after it has ended, ends its transaction or
 * releases its connection itself, or leaves a nested transaction open: counts as a failed attempt.
 */
export class EventHandlerError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_HANDLER';
}

/** The bytes are signed, but are no JSON object with an event name. Answered 400. */
export class EnvelopeUnreadableError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_ENVELOPE';
}

/** Something read the request's stream before the module could; the bytes are gone. Answered 500. */
export class RawBodyUnavailableError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_RAW_BODY';
}

/** The event could not be committed in time. Answered 503 with Retry-After. */
export class InboxUnavailableError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_STORE_UNAVAILABLE';
}

/** The inbox tables are missing or of another version. Thrown at boot. */
export class InboxSchemaError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_SCHEMA';
}

/** `replay` was given a filter that does not say which events are meant. Nothing was replayed. */
export class InboxFilterError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_INBOX_FILTER';
}

/** `context.manager` was read in a handler that is not `transactional: true`. */
export class NotTransactionalError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_NOT_TRANSACTIONAL';
}

/**
 * A handler ran longer than its `timeout`, or got no connection of the application's pool within it.
 * Counts as a failed attempt.
 */
export class EventHandlerTimeoutError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_HANDLER_TIMEOUT';
}

/** Throw it in a handler: the event cannot ever be handled. It ends `dead` at once, reason `rejected`. */
export class RejectEventError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_REJECT_EVENT';
}

const SHORTEST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30 * 86_400_000;

/** What becomes of a `delayMs`: undefined where it is no number. */
export function boundedDelay(delayMs: unknown): number | undefined {
  if (typeof delayMs !== 'number' || Number.isNaN(delayMs)) return undefined;
  return Math.min(LONGEST_DELAY_MS, Math.max(SHORTEST_DELAY_MS, delayMs));
}

/**
 * Throw it in a handler: try again after `delayMs`, whatever the retry policy says. For 30 days after
 * the event was received this uses no attempt; from then on it counts as any failure does.
 */
export class RetryLaterError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_RETRY_LATER';

  constructor(
    /** Milliseconds from now, 1 second to 30 days; what is outside is taken as the nearer of the two. */
    readonly delayMs: number,
    message = laterText(delayMs),
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

function laterText(delayMs: number): string {
  const bounded = boundedDelay(delayMs);
  const asked = `The handler asks to be run again in ${delayMs} ms`;
  if (bounded === delayMs) return `${asked}.`;
  return bounded === undefined
    ? `${asked}, which is no time, so it is run after the first wait of its retry policy.`
    : `${asked}; from 1 second to 30 days are possible, so it is run in ${bounded} ms.`;
}
