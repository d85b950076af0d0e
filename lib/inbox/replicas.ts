import { only, sql } from '../database/index.js';
import type { PublishedHandler, Replica } from './replica.store.js';
import type { InboxDatabase } from './inbox.database.js';

/** Every so many publications the rows of replicas that were killed are cleared away. */
const CLEAR_EVERY = 360;
const CLEARED_AFTER_MS = 3_600_000;

/** Which replicas run a worker now, and which handlers each of them has. */
export class Replicas {
  private publications = 0;

  constructor(private readonly inbox: InboxDatabase) {}

  async publish(id: string, handlers: readonly PublishedHandler[], ms: number): Promise<void> {
    const { database, dialect, tables } = this.inbox;
    if (this.publications++ % CLEAR_EVERY === 0) await this.clear();
    const row = {
      id,
      handlers: JSON.stringify(handlers),
      started_at: dialect.now,
      seen_until: sql`${dialect.now} + ${dialect.number(ms)}`,
    };
    await database.statement(() =>
      dialect.upsert({
        table: tables.replica,
        key: 'id',
        rows: [row],
        changes: ({ given }) => ({ handlers: given('handlers'), seen_until: given('seen_until') }),
      }),
    );
  }

  async withdraw(id: string): Promise<void> {
    const { database, tables } = this.inbox;
    await database.statement(() => only(sql`DELETE FROM ${tables.replica} WHERE id = ${id}`));
  }

  async others(id: string): Promise<readonly Replica[]> {
    const { database, dialect, tables } = this.inbox;
    const rows = await database.read(() =>
      only(sql`SELECT id, handlers FROM ${tables.replica}
        WHERE seen_until > ${dialect.now} AND id <> ${id} ORDER BY id`),
    );
    return rows.map((row) => ({
      id: String(row['id']),
      handlers: JSON.parse(String(row['handlers'])) as readonly PublishedHandler[],
    }));
  }

  private async clear(): Promise<void> {
    const { database, dialect, tables } = this.inbox;
    const before = sql`${dialect.now} - ${dialect.number(CLEARED_AFTER_MS)}`;
    await database.statement(() =>
      only(sql`DELETE FROM ${tables.replica} WHERE seen_until < ${before}`),
    );
  }
}
