import type { SourceEvent } from './source-event.js';

/** Where the poller finds what a webhook may not have brought: one kind of thing of one account. */
export interface EventFeed {
  /** Stable, unique among the feeds: `<source>-<what>`. */
  readonly name: string;
  /** Name of the source whose events it finds. */
  readonly source: string;
  /** Account of the source; `''` where there is one only. One replica polls an account at a time. */
  readonly account: string;
  /**
   * Asks for what is due. Each batch is stored in the inbox before the generator is asked to go on,
   * so a feed commits its progress after the `yield`; a batch that could not be stored ends it. With
   * nothing due it must cost no call.
   *
   * Build an event's bytes in the webhook's own form and read them with `source.open`, so that
   * both ways have one identity.
   * @throws ApiNotSupportedError when the service has no such route: the feed is switched off for an hour
   * @throws ApiRateLimitedError to be left alone until there is room again
   */
  poll(signal: AbortSignal): AsyncIterable<readonly SourceEvent[]>;
  /** What it asks the service about, those that are due first; for the operations page. Absent = nothing in particular. */
  watched?(limit: number): Promise<readonly WatchedSubject[]>;
}

/** Something that a feed asks its service about, until it has ended or is not wanted any more. */
export interface WatchedSubject {
  /** Of the job, agent or whatever it is, as the service has it. */
  readonly id: string;
  /** What was last known of it, such as its status; null where that is nothing. */
  readonly state: string | null;
  /** When it is asked for next, in epoch milliseconds. */
  readonly dueAt: number;
  /** Times in a row that the service did not show it. */
  readonly misses: number;
}
