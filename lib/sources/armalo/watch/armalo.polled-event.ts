import {
  readInstant,
  type Clock,
  type SourceEvent,
  type WebhookSource,
} from '../../../core/index.js';

/** An event that the API has shown, in the bytes that its webhook would have had. */
export interface PolledEvent {
  readonly event: string;
  readonly data: object;
  /** Armalo's own time of it, where the API shows one. */
  readonly at?: string | null | undefined;
}

/**
 * Without Armalo's own time the bytes say when we saw it, but the event has no time: our clock may be
 * ahead of theirs or behind, so an event is never older or newer than another by it.
 */
export function polledEvent(
  source: WebhookSource,
  account: string,
  clock: Clock,
  { event, data, at }: PolledEvent,
): SourceEvent {
  const theirs = readInstant(at);
  const timestamp = new Date(theirs ?? clock.now()).toISOString();
  const body = Buffer.from(JSON.stringify({ event, timestamp, data }));
  const opened = source.open({ account, body });
  if (theirs !== undefined) return opened;
  const { occurredAt: _ours, ...timeless } = opened;
  return timeless;
}

/** What the feeds of Armalo are made with. */
export interface ArmaloFeedSurroundings {
  readonly source: WebhookSource;
  readonly account?: string;
  /** Default: the system's. */
  readonly clock?: Clock;
}
