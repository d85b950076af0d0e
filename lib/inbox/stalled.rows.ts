import { fingerprintOf, type DeadEvent } from '../core/index.js';
import {
  only,
  type Row,
  type Unit,
  join,
  sql,
  type Sql,
  bytes,
  valuesOf,
} from '../database/index.js';
import { DEAD_COLUMNS, deadEvent } from './dead.event.listeners.js';
import { CLAIMED_COLUMNS, claimedRow, idOf } from './inbox.rows.js';
import type { ClaimedRow, Lease } from './claimed.row.js';
import type { Recovery } from './work.store.js';
import type { LostClaims } from './lost.claims.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import { ended, freshToken, leased, PENDING, tokenBytes } from './row.lease.js';
import type { InboxDatabase } from './inbox.database.js';
import { insertAttempts } from './attempts.js';

/** How many of the oldest due rows are looked through for a lease that has run out. */
export const FRONT = 10_000;

/** The handler name under which a death of the process stands in the attempt table. */
export const PROCESS = '(process)';

/** Leases that an event waits, at most, for a process that can run it alone. */
const MOST_PATIENCE = 10;

interface Taken {
  readonly row: Row;
  /** Set where it was not taken to run, but has come to its end. */
  readonly dead?: DeadEvent;
}

/**
 * Rows whose lease is over and that nobody has locked: their process has died, or stands still.
 *
 * Only a death while nothing ran beside the event tells that the event is what kills, so that alone is
 * counted. The note of it is not in the row, since a transactional handler keeps its row locked while the
 * note must go (something begins to run beside it): it is in a table of its own, by the claim's token.
 */
export class StalledRows {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly orderKeys: OrderKeys,
    private readonly lost: LostClaims,
  ) {}

  async claim(recovery: Recovery): Promise<ClaimedRow | undefined> {
    await this.lost.release();
    for (const ids of await this.candidates(recovery)) {
      const row = await this.claimOneOf(ids, recovery);
      if (row) return row;
    }
    return undefined;
  }

  /** A note that is not deleted only because of a crash goes with the next claim of this kind. */
  async noLongerAlone({ token }: Lease): Promise<void> {
    const { database, tables } = this.inbox;
    await database.statement(() =>
      only(sql`DELETE FROM ${tables.alone} WHERE lease = ${tokenBytes(token)}`),
    );
  }

  /**
   * Claimed rows are the oldest due ones, so the front holds them; a row beyond it moves up as those
   * before it finish. An index on `lease_until` would make every claim write to it.
   */
  private async candidates({
    alone,
    leaseMs,
    held,
  }: Recovery): Promise<readonly (readonly string[])[]> {
    const { database, dialect, tables } = this.inbox;
    const found = await database.read(() =>
      only(sql`SELECT id, attempts, ${dialect.now} - lease_until AS late
        FROM (SELECT id, attempts, lease_until FROM ${tables.inbox}
          WHERE ${PENDING} AND due_at <= ${dialect.now} ORDER BY due_at, id LIMIT ${FRONT}) front
        WHERE lease_until <= ${dialect.now}`),
    );
    const byAttempts = new Map<number, string[]>();
    for (const row of found) {
      const attempts = Number(row['attempts']);
      const patience = alone ? 0 : leaseMs * Math.min(attempts - 1, MOST_PATIENCE);
      if (held.has(idOf(row)) || Number(row['late']) < patience) continue;
      byAttempts.set(attempts, [...(byAttempts.get(attempts) ?? []), idOf(row)]);
    }
    // What has died more often comes later: its neighbours must not wait until it is dead.
    return [...byAttempts].sort(([a], [b]) => a - b).map(([, ids]) => ids);
  }

  private async claimOneOf(
    candidates: readonly string[],
    recovery: Recovery,
  ): Promise<ClaimedRow | undefined> {
    let ids = candidates;
    while (ids.length > 0) {
      const token = freshToken();
      const claim = { stalled: true, leaseMs: recovery.leaseMs };
      const taken = await this.lost.watch(token, claim, () =>
        this.inbox.database.transaction(() => this.take(ids, token, recovery)),
      );
      if (!taken) return undefined;
      if (!taken.dead) return claimedRow(taken.row, token);
      this.inbox.deadEvents.tell([taken.dead]);
      await this.orderKeys.promoteOrLeave(keysOf([taken.row]));
      ids = ids.filter((id) => id !== idOf(taken.row));
    }
    return undefined;
  }

  /** Locks first and then limits, so that rows which somebody holds hide none of those behind them. */
  private *take(
    ids: readonly string[],
    token: string,
    { alone, leaseMs, maxStalledCount: maxStalledCount }: Recovery,
  ): Unit<Taken | undefined> {
    const { dialect, tables } = this.inbox;
    const [found] = yield sql`SELECT id, lease, stalled_count FROM ${tables.inbox}
      WHERE ${dialect.oneOf('id', ids)} AND ${PENDING} AND lease_until <= ${dialect.now}
      ORDER BY id LIMIT 1${dialect.skipLocked}`;
    if (!found) return undefined;
    const id = idOf(found);
    const diedAlone = yield* this.clearNotes(bytes(found['lease']));
    if (diedAlone && Number(found['stalled_count']) + 1 >= maxStalledCount) {
      return yield* this.bury(id);
    }
    const [row] = yield* dialect.change({
      table: tables.inbox,
      set: leased(dialect, token, leaseMs),
      counting: diedAlone ? ['attempts', 'stalled_count'] : ['attempts'],
      where: sql`id = ${BigInt(id)}`,
      returning: CLAIMED_COLUMNS,
    });
    if (alone) {
      const note = { lease: tokenBytes(token), inbox_id: BigInt(id) };
      yield sql`INSERT INTO ${tables.alone} ${valuesOf([note])}`;
    }
    return { row: row as Row };
  }

  /** Forgets what no lease bears any more. @returns whether there is a note of the lease given */
  private *clearNotes(lease: Buffer): Unit<boolean> {
    const { tables } = this.inbox;
    // A query in the list of columns and not a join, which may read the whole inbox.
    const notes = yield sql`SELECT n.lease AS lease,
      (SELECT r.lease FROM ${tables.inbox} r WHERE r.id = n.inbox_id) AS held FROM ${tables.alone} n`;
    const noted = notes.map((note) => ({
      lease: bytes(note['lease']),
      held: note['held'] == null ? undefined : bytes(note['held']),
    }));
    const past = noted.filter((note) => !note.held?.equals(note.lease) || note.lease.equals(lease));
    if (past.length > 0) {
      yield sql`DELETE FROM ${tables.alone} WHERE lease IN (${join(past.map((note) => note.lease))})`;
    }
    return past.some((note) => note.lease.equals(lease));
  }

  private *bury(id: string): Unit<Taken> {
    const { dialect, tables } = this.inbox;
    const error =
      'The process died or stalled while it ran this event and nothing else, as often as is allowed; the ' +
      'event may be what kills it.';
    const [row] = yield* dialect.change({
      table: tables.inbox,
      set: this.dead(error),
      counting: ['stalled_count'],
      where: sql`id = ${BigInt(id)}`,
      returning: [...DEAD_COLUMNS, 'order_hash', 'stalled_count'],
    });
    const attempt = Number(row?.['attempts']);
    yield insertAttempts(this.inbox, [{ id, attempt, handler: PROCESS, error, duration: 0 }]);
    return { row: row as Row, dead: deadEvent(row as Row, { reason: 'killed-process', error }) };
  }

  private dead(error: string): Sql {
    return sql`${ended(this.inbox.dialect, 'dead')}, reason = 'killed-process', last_error = ${error},
      fingerprint = ${fingerprintOf(error)}`;
  }
}
