import { Logger } from '@nestjs/common';
import { driverError } from './database.errors.js';
import { hashOf, type PreparedRow } from './inbox.rows.js';
import type { PlacedRows } from './placed.rows.js';
import { join, sql } from './sql.js';
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
      await hurry(parts, identities.slice(start, start + ROWS_AT_ONCE));
    }
  } catch (error) {
    logger.warn(
      'Events that newer ones have made stale could not be hurried, so the newer ones wait for their next ' +
        `try; nothing is lost. The database said: ${driverError(error).message}`,
    );
  }
}

function supersededBy(row: PreparedRow | undefined): readonly Buffer[] {
  const { source = '', account = '', supersedes = [] } = row?.event ?? {};
  return supersedes.map((eventId) => hashOf(source, account, eventId));
}

/** One that is running is passed over: its worker looks for itself when it fails. */
async function hurry(parts: StoreParts, identities: readonly Buffer[]): Promise<void> {
  const { dialect, tables } = parts;
  await parts.oneChange(() =>
    dialect.change({
      table: tables.inbox,
      set: sql`due_at = ${dialect.now}`,
      where: sql`identity IN (${join(identities)}) AND state = 'open' AND lease_until IS NULL
        AND due_at > ${dialect.now}`,
      skipLocked: true,
      returning: ['id'],
    }),
  );
}
