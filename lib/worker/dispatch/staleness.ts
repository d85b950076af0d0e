import type { RegisteredHandler } from '../../handlers/index.js';
import type { ClaimedRow, LaterEvents, WorkStore } from '../../inbox/index.js';

/**
 * Why a handler passes over an event; undefined where it does not.
 * @param later events that make this one stale, where the source names some
 */
export async function whyStale(
  store: Pick<WorkStore, 'newerApplied' | 'firstStored'>,
  row: Pick<ClaimedRow, 'id' | 'orderKey' | 'occurredAt'>,
  handler: RegisteredHandler,
  later: LaterEvents | undefined,
): Promise<string | undefined> {
  const stored = later && (await store.firstStored(later));
  if (stored) return `event #${stored}, which is stored already, comes after this one`;
  if (handler.options.stale !== 'skip') return undefined;
  if (row.orderKey === null || row.occurredAt === null) return undefined;
  const newer = await store.newerApplied(row.id, handler.name);
  return newer === undefined
    ? undefined
    : `this handler has applied event #${newer} of the same ordering key, which is newer`;
}
