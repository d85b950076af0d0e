/** Why an event is dead. */
export type DeadReason = 'attempts-used-up' | 'rejected' | 'invalid-payload' | 'killed-process';

/** An event that nothing will be tried with any more, unless it is replayed. Never its payload. */
export interface DeadEvent {
  /** Of its row in the inbox; what `replay` takes. */
  readonly id: string;
  readonly source: string;
  /** `''` where the source has one account only. */
  readonly account: string;
  readonly eventId: string;
  readonly name: string;
  readonly reason: DeadReason;
  /** What `last_error` says: of a handler's error its class, message, first frames and causes. */
  readonly error: string;
  /** The handler that it failed at; null where it was none, as for a payload that is not as documented. */
  readonly handler: string | null;
  /** Attempts that were made; 0 for an event that no handler was run for. */
  readonly attempt: number;
}
