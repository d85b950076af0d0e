import { sql, type Unit } from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';

/**
 * Takes or renews the lock where it is free or over.
 * @returns whether `owner` holds it
 */
export function holdLeaderLock(
  { database, dialect, tables }: InboxDatabase,
  name: string,
  owner: string,
  ms: number,
): Promise<boolean> {
  const heldUntil = sql`${dialect.now} + ${dialect.number(ms)}`;
  return database.oneChange(function* (): Unit<boolean> {
    const [lock] = yield* dialect.upsert({
      table: tables.leaderLock,
      key: 'name',
      rows: [{ name, owner, held_until: heldUntil }],
      changes: ({ kept, given }) => {
        // True again on MySQL, where the owner is the new one already when the time is decided about.
        const free = sql`${kept('owner')} = ${given('owner')} OR ${kept('held_until')} <= ${dialect.now}`;
        const changed = (column: string) =>
          sql`CASE WHEN ${free} THEN ${given(column)} ELSE ${kept(column)} END`;
        return { owner: changed('owner'), held_until: changed('held_until') };
      },
      returning: ['owner'],
    });
    return lock?.['owner'] === owner;
  });
}
