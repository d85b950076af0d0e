import type { Clock, SourceEvent, WebhookSource } from '../../core/index.js';

/** An event that the API has shown, in the bytes that its webhook would have had. */
export function polledEvent(
  source: WebhookSource,
  account: string,
  clock: Clock,
  event: string,
  data: object,
): SourceEvent {
  const timestamp = new Date(clock.now()).toISOString();
  const body = Buffer.from(JSON.stringify({ event, timestamp, data }));
  return source.open({ account, body });
}

/** What the feeds of Armalo are made with. */
export interface ArmaloFeedSurroundings {
  readonly source: WebhookSource;
  readonly account?: string;
  readonly clock?: Clock;
}
