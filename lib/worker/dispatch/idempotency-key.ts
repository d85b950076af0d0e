import { escapedPart } from '../../core/index.js';
import type { ClaimedRow } from '../../inbox/index.js';

/**
 * Stands for one handler's work on one event. Only the event's id may hold a colon: what is before and after
 * it is escaped, so that no two events and handlers share a key.
 */
export function idempotencyKey(
  { source, account, eventId }: Pick<ClaimedRow, 'source' | 'account' | 'eventId'>,
  handler: string,
): string {
  return [escapedPart(source), escapedPart(account), eventId, escapedPart(handler)].join(':');
}
