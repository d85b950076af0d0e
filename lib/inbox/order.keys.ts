import { Logger } from '@nestjs/common';
import {
  only,
  prepared,
  type Row,
  type Unit,
  driverError,
  join,
  sql,
  bytes,
} from '../database/index.js';
import type { InboxDatabase } from './inbox.database.js';

const KEYS_AT_ONCE = 100;
const TRIES = 5;
const MOST_CAUSES = 50;

/** The ordering keys that the rows belong to, each once. */
export function keysOf(rows: readonly Row[]): readonly Buffer[] {
  const keys = new Map<string, Buffer>();
  for (const row of rows) {
    if (row['order_hash'] == null) continue;
    const key = bytes(row['order_hash']);
    keys.set(key.toString('hex'), key);
  }
  return [...keys.values()];
}

/** Lets the oldest waiting event of a key go ahead, where none of that key is open. */
export class OrderKeys {
  private readonly logger = new Logger('ArmoxArmaloInbox');
  /** The causes that are in the log already. */
  private readonly told = new Set<string>();

  constructor(private readonly inbox: InboxDatabase) {}

  /** For callers whose own work is committed: that this fails must not be told as if that had. */
  async promoteOrLeave(keys: readonly Buffer[]): Promise<void> {
    if (keys.length === 0) return;
    try {
      await this.promote(keys);
    } catch (error) {
      this.tell(causeOf(error));
    }
  }

  /**
   * Called after the commit that may have left a key without an open row. Both sides do so (who has
   * ended a head, who has added a follower), since neither sees the other's uncommitted half.
   * @returns how many rows were opened
   */
  async promote(keys: readonly Buffer[]): Promise<number> {
    let opened = 0;
    for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
      opened += await this.promoteSome(keys.slice(start, start + KEYS_AT_ONCE));
    }
    return opened;
  }

  /** The same for every key that has waiting rows and no open one. */
  async sweep(): Promise<number> {
    const { database, tables } = this.inbox;
    let opened = 0;
    for (;;) {
      const stuck = await database.read(() =>
        only(sql`SELECT DISTINCT order_hash FROM ${tables.inbox} w WHERE w.state = 'waiting'
          AND NOT EXISTS (SELECT 1 FROM ${tables.inbox} o
            WHERE o.order_hash = w.order_hash AND o.state = 'open') LIMIT 1000`),
      );
      const promoted = await this.promote(keysOf(stuck));
      opened += promoted;
      if (stuck.length === 0 || promoted === 0) return opened;
    }
  }

  private tell(cause: string): void {
    if (this.told.has(cause)) return;
    if (this.told.size >= MOST_CAUSES) this.told.clear();
    this.told.add(cause);
    this.logger.warn(
      `The next event of an ordering key could not be opened: ${cause} Nothing is lost; the sweep opens it ` +
        'within 30 seconds. This line comes once for each cause.',
    );
  }

  private async promoteSome(keys: readonly Buffer[]): Promise<number> {
    for (let tried = 1; ; tried += 1) {
      try {
        const unit = (): Unit<number> => this.promoteUnit(keys);
        return await this.inbox.database.oneChange(() =>
          keys.length === 1 ? prepared(unit()) : unit(),
        );
      } catch (error) {
        // Somebody else has opened an older row of the key at the same moment: look again.
        if (tried === TRIES || this.inbox.database.failureOf(error) !== 'unique-violation')
          throw error;
      }
    }
  }

  private *promoteUnit(keys: readonly Buffer[]): Unit<number> {
    const { dialect, tables } = this.inbox;
    // One probe of the index a key, however many events wait behind it. `>= AND <=` for `=`: PostgreSQL
    // then needs this very index for the order, where it may think that half the table is of the key.
    const heads = keys.map(
      (key) => sql`SELECT (SELECT w.id FROM ${tables.inbox} w
        WHERE w.order_hash >= ${key} AND w.order_hash <= ${key} AND w.state = 'waiting' AND NOT EXISTS (
          SELECT 1 FROM ${tables.inbox} o WHERE o.order_hash = ${key} AND o.state = 'open')
        ORDER BY w.order_hash, w.id LIMIT 1) AS id`,
    );
    const found = yield join(heads, ' UNION ALL ');
    const ids = found.filter((row) => row['id'] != null).map((row) => String(row['id']));
    if (ids.length === 0) return 0;
    const rows = yield* dialect.change({
      table: tables.inbox,
      set: sql`state = 'open', due_at = ${dialect.now}`,
      where: sql`${dialect.oneOf('id', ids)} AND state = 'waiting'`,
      returning: ['id'],
    });
    return rows.length;
  }
}

/** What the driver said, where the error is our own about it; never a payload. */
function causeOf(error: unknown): string {
  const { message, cause, code } = driverError(error);
  const told = cause === undefined ? message : driverError(cause).message;
  return `${typeof code === 'string' ? `${code}: ` : ''}${told.replace(/\.?$/, '.')}`;
}
