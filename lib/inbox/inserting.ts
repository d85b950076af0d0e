import { InboxUnavailableError, type DeadEvent } from '../core/index.js';
import { bytes, prepared, sql, type InsertStrategy, type Unit } from '../database/index.js';
import type { InsertHooks } from './insert.hooks.js';
import { insertionOf } from './inbox.insertion.js';
import { idOf, preparedRow, type PreparedRow } from './inbox.rows.js';
import type { InsertResult, NewInboxRow } from './intake.store.js';
import type { OrderKeys } from './order.keys.js';
import type { Placed, PlacedRows } from './placed.rows.js';
import type { InboxDatabase } from './inbox.database.js';
import { hurrySuperseded } from './superseded.rows.js';

const ROUNDS = 5;

/** Insert or do nothing: never an update of the older row, which a running handler may have locked. */
export class Inserting {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly orderKeys: OrderKeys,
    private readonly strategy: InsertStrategy,
    private readonly timeout: number,
    private readonly hooks: InsertHooks,
  ) {}

  async insert(rows: readonly NewInboxRow[]): Promise<readonly InsertResult[]> {
    const prepared = rows.map(preparedRow);
    const distinct = new Map<string, PreparedRow>();
    for (const row of prepared) if (!distinct.has(row.key)) distinct.set(row.key, row);
    const placed = await this.place(inLockOrder([...distinct.values()]));
    this.inbox.deadEvents.tell(bornDead(distinct.values(), placed));
    await this.promoteFollowers(placed, distinct);
    await hurrySuperseded(this.inbox, placed, distinct);
    const seen = new Set<string>();
    return prepared.map(({ key }) => {
      const found = placed.get(key) as Placed;
      const stored = found.stored && !seen.has(key);
      seen.add(key);
      return { id: found.id, outcome: stored ? 'stored' : 'duplicate' };
    });
  }

  /**
   * Two processes that both start an ordering key meet at the unique index of open rows. That is no
   * duplicate: the loser looks again, and then waits behind the other one's row.
   */
  private async place(rows: readonly PreparedRow[]): Promise<Map<string, Placed>> {
    const placed = new Map<string, Placed>();
    let missing = rows;
    for (let round = 0; round < ROUNDS && missing.length > 0; round += 1) {
      for (const [key, found] of await this.tried(missing)) placed.set(key, found);
      missing = missing.filter(({ key }) => !placed.has(key));
    }
    if (missing.length > 0) await this.placeOneByOne(missing, placed);
    return placed;
  }

  private async placeOneByOne(
    rows: readonly PreparedRow[],
    placed: Map<string, Placed>,
  ): Promise<void> {
    for (const row of rows) {
      for (let round = 0; round < ROUNDS && !placed.has(row.key); round += 1) {
        for (const [key, found] of await this.tried([row])) placed.set(key, found);
      }
      if (!placed.has(row.key)) {
        throw new InboxUnavailableError(
          'The database neither stored the event nor has an older one like it; it is not stored.',
        );
      }
    }
  }

  private async tried(rows: readonly PreparedRow[]): Promise<PlacedRows> {
    const { database } = this.inbox;
    const hooked = this.hooks.concern(rows);
    try {
      if (hooked) return await this.triedWithHooks(rows);
      const unit = (): Unit<PlacedRows> => this.unit(rows);
      return this.strategy.inTransaction
        ? await database.transaction(unit, this.timeout)
        : await database.statement(unit, this.timeout);
    } catch (error) {
      if (database.failureOf(error) === 'unique-violation') return new Map();
      throw error;
    }
  }

  private async triedWithHooks(rows: readonly PreparedRow[]): Promise<PlacedRows> {
    const { database } = this.inbox;
    try {
      return await database.transaction(() => this.hooked(rows), this.timeout);
    } catch (error) {
      if (database.failureOf(error) !== 'refusal') throw error;
      // Its own statements or the hooks': without these it passes, or is refused once more.
      const placed = await database.transaction(() => this.unit(rows), this.timeout);
      this.hooks.failed(error);
      return placed;
    }
  }

  private *unit(rows: readonly PreparedRow[]): Unit<PlacedRows> {
    const inserted = yield* prepared(this.strategy.insert(insertionOf(this.inbox, rows)));
    const placed = inserted.map(({ row, stored }): [string, Placed] => [
      bytes(row['identity']).toString('hex'),
      { id: idOf(row), stored, waits: stored && row['state'] === 'waiting' },
    ]);
    return new Map(placed);
  }

  private *hooked(rows: readonly PreparedRow[]): Unit<PlacedRows> {
    const { dialect, tables } = this.inbox;
    const placed = yield* this.unit(rows);
    const ended = yield* this.hooks.afterInsert(rows, placed);
    if (ended.size === 0) return placed;
    yield sql`UPDATE ${tables.inbox} SET state = 'ignored', reason = 'reconciled',
      due_at = ${dialect.now}, finished_at = ${dialect.now} WHERE ${dialect.oneOf('id', [...ended])}`;
    // Its ordering key, if it has one, is free again: the next in line goes on, as after a row that waits.
    const freed = [...placed].map(([key, found]) => [
      key,
      ended.has(found.id) ? { ...found, waits: true } : found,
    ]);
    return new Map(freed as [string, Placed][]);
  }

  /** The row before them may have finished while theirs was not yet to be seen. */
  private async promoteFollowers(
    placed: PlacedRows,
    rows: ReadonlyMap<string, PreparedRow>,
  ): Promise<void> {
    const keys = new Map<string, Buffer>();
    for (const [key, { waits }] of placed) {
      const hash = rows.get(key)?.orderHash;
      if (waits && hash) keys.set(hash.toString('hex'), hash);
    }
    await this.orderKeys.promoteOrLeave([...keys.values()]);
  }
}

function bornDead(rows: Iterable<PreparedRow>, placed: PlacedRows): readonly DeadEvent[] {
  return [...rows].flatMap(({ key, invalid, source, account, eventId, name }) => {
    const found = placed.get(key);
    if (invalid === null || !found?.stored) return [];
    const { id } = found;
    const end = { reason: 'invalid-payload', error: invalid, handler: null, attempt: 0 } as const;
    return [{ id, source, account, eventId, name, ...end }];
  });
}

/**
 * Two batches that share events would each wait for the other's, had they them in different orders.
 * Rows of ordering keys stay in the order of their arrival, which the key's order is made of.
 */
function inLockOrder(rows: readonly PreparedRow[]): readonly PreparedRow[] {
  const free = rows.filter(({ orderHash }) => orderHash === null);
  free.sort((a, b) => Buffer.compare(a.identity, b.identity));
  return [...free, ...rows.filter(({ orderHash }) => orderHash !== null)];
}
