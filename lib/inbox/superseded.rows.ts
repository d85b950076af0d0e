import { Logger } from '@nestjs/common';
import { driverError } from './database.errors.js';
import { hashOf, type PreparedRow } from './inbox.rows.js';
import type { PlacedRows } from './placed.rows.js';
import type { Settlement } from './inbox.store.js';
import { join, sql, type Sql } from './sql.js';
import { firstStored } from './stale.check.js';
import type { StoreParts } from './store.parts.js';

const ROWS_AT_ONCE = 500;
const logger = new Logger('ArmoxArmaloInbox');

/**
 * An event that waits behind one which it has made stale would wait for that one's next try, which may be
 * hours away: that one is due now, and finds itself stale. Never throws: the waiting one is committed.
 */
export async function hurrySuperseded(
  parts: StoreParts,
  placed: PlacedRows,
  rows: ReadonlyMap<string, PreparedRow>,
): Promise<void> {
  const identities = [...placed].flatMap(([key, { waits }]) =>
    waits ? supersededBy(rows.get(key)) : [],
  );
  try {
    for (let start = 0; start < identities.length; start += ROWS_AT_ONCE) {
      const some = identities.slice(start, start + ROWS_AT_ONCE);
      await dueNow(parts, sql`identity IN (${join(some)})`);
    }
  } catch (error) {
    tell(error);
  }
}

function supersededBy(row: PreparedRow | undefined): readonly Buffer[] {
  const { source = '', account = '', supersedes = [] } = row?.event ?? {};
  return supersedes.map((eventId) => hashOf(source, account, eventId));
}

/**
 * The same for one that was running when the newer one came in, and has failed since. Never throws: the
 * settle is committed.
 */
export async function hurrySettled(
  parts: StoreParts,
  settlements: readonly Settlement[],
): Promise<void> {
  try {
    const stale: string[] = [];
    for (const settlement of settlements) {
      const later = 'supersededBy' in settlement ? settlement.supersededBy : undefined;
      if (later && (await firstStored(parts, later))) stale.push(settlement.id);
    }
    if (stale.length > 0) await dueNow(parts, parts.dialect.oneOf('id', stale));
  } catch (error) {
    tell(error);
  }
}

/** One that is running is passed over: its settle looks for itself. */
async function dueNow(parts: StoreParts, which: Sql): Promise<void> {
  const { dialect, tables } = parts;
  await parts.oneChange(() =>
    dialect.change({
      table: tables.inbox,
      set: sql`due_at = ${dialect.now}`,
      where: sql`${which} AND state = 'open' AND lease_until IS NULL AND due_at > ${dialect.now}`,
      skipLocked: true,
      returning: ['id'],
    }),
  );
}

function tell(error: unknown): void {
  logger.warn(
    'Events that newer ones have made stale could not be hurried, so the newer ones wait for their next ' +
      `try; nothing is lost. The database said: ${driverError(error).message}`,
  );
}
