/**
 * The way an event reached the inbox first: by the service's webhook, by the poller that found it
 * missing, or with the answer to a call of the application's own (a run that ended at once).
 */
export type EventOrigin = 'webhook' | 'poll' | 'api-response';

/** What the bytes of an event hold. */
export interface EventReading<Payload = unknown> {
  /** The plain object that handlers get; one with a `dto` gets an instance in it. */
  readonly payload: Payload;
  /** In what the payload is not of its documented shape; empty = sound, or of an unknown name. */
  readonly problems: readonly string[];
  /**
   * Ids of events of the same source and account that come after this one in the life of what it tells of:
   * where one is stored already, this one is stale, and its handlers are not run. Absent = none.
   */
  readonly supersededBy?: readonly string[];
}

/** An event of a source, read from bytes that have been verified (or fetched from the source's API). */
export interface SourceEvent<Payload = unknown> {
  /** Name of the source. */
  readonly source: string;
  /** Account of the source that it belongs to; `''` where there is one only. */
  readonly account: string;
  /**
   * What makes it the same event: two events with the same source, account and id are one.
   * Decided by the source from fields that the webhook and the API both carry.
   */
  readonly id: string;
  /** What handlers are chosen by, e.g. `pact.violated`. */
  readonly name: string;
  /** The sender's own time of the event, in epoch milliseconds; absent where the sender gives none. */
  readonly occurredAt?: number;
  /** Events with the same key are handled one at a time, in order of arrival; absent = unordered. */
  readonly orderKey?: string;
  /** Ids of the events that this one makes stale: see `EventReading.supersededBy`. Absent = none. */
  readonly supersedes?: readonly string[];
  /** The exact bytes, as they are kept. `source.read` reads the payload from them again. */
  readonly body: Buffer;
  /** The plain object that handlers get. */
  readonly payload: Payload;
  /** In what the payload is not of its documented shape; empty = sound, or of an unknown name. */
  readonly problems: readonly string[];
}
