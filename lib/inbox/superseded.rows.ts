import { Logger } from '@nestjs/common';
import { driverError, only, join, sql, type Sql, bytes } from '../database/index.js';
import type { PreparedRow } from './inbox.rows.js';
import type { PlacedRows } from './placed.rows.js';
import type { Settlement } from './settlement.js';
import { identitiesOf } from './stale.check.js';
import type { InboxDatabase } from './inbox.database.js';

const ROWS_AT_ONCE = 500;
const logger = new Logger('ArmoxArmaloInbox');

/**
 * An event that waits behind one which it has made stale would wait for that one's next try, which may be
 * hours away: that one is due now, and finds itself stale. Never throws: the waiting one is committed.
 */
export async function hurrySuperseded(
  inbox: InboxDatabase,
  placed: PlacedRows,
  rows: ReadonlyMap<string, PreparedRow>,
): Promise<void> {
  const identities = [...placed].flatMap(([key, { waits }]) =>
    waits ? supersededBy(rows.get(key)) : [],
  );
  try {
    for (let start = 0; start < identities.length; start += ROWS_AT_ONCE) {
      const some = identities.slice(start, start + ROWS_AT_ONCE);
      await dueNow(inbox, sql`identity IN (${join(some)})`);
    }
  } catch (error) {
    tell(error);
  }
}

function supersededBy(row: PreparedRow | undefined): readonly Buffer[] {
  const { source = '', account = '', supersedes = [] } = row?.event ?? {};
  return identitiesOf({ source, account, eventIds: supersedes });
}

/**
 * The same for one that was running when the newer one came in, and has failed since. Never throws: the
 * settle is committed.
 */
export async function hurrySettled(
  inbox: InboxDatabase,
  settlements: readonly Settlement[],
): Promise<void> {
  const failed = settlements.flatMap((settlement) => {
    const events = 'supersededBy' in settlement ? settlement.supersededBy : undefined;
    const later = events ? identitiesOf(events).map(text) : [];
    return later.length > 0 ? [{ id: settlement.id, later }] : [];
  });
  if (failed.length === 0) return;
  try {
    const stored = await storedOf(
      inbox,
      failed.flatMap(({ later }) => later),
    );
    const stale = failed.filter(({ later }) => later.some((identity) => stored.has(identity)));
    if (stale.length === 0) return;
    const ids = stale.map(({ id }) => id);
    await dueNow(inbox, inbox.dialect.oneOf('id', ids));
  } catch (error) {
    tell(error);
  }
}

const text = (identity: Buffer): string => identity.toString('hex');

async function storedOf(
  { database, tables }: InboxDatabase,
  identities: readonly string[],
): Promise<ReadonlySet<string>> {
  const wanted = join(identities.map((identity) => Buffer.from(identity, 'hex')));
  const rows = await database.read(() =>
    only(sql`SELECT identity FROM ${tables.inbox} WHERE identity IN (${wanted})`),
  );
  return new Set(rows.map((row) => text(bytes(row['identity']))));
}

/** One that is running is passed over: its settle looks for itself. */
async function dueNow(inbox: InboxDatabase, which: Sql): Promise<void> {
  const { database, dialect, tables } = inbox;
  await database.oneChange(() =>
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
