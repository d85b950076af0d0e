import { randomBytes } from 'node:crypto';
import type { DeadEvent } from '../core/index.js';
import { only, type Row, type Unit } from './database.js';
import { DEAD_COLUMNS, deadEvent } from './deaths.js';
import { CLAIMED_COLUMNS, claimedRow, idOf } from './inbox.rows.js';
import type { ClaimedRow, Lease } from './inbox.store.js';
import { LostClaims } from './lost.claims.js';
import { keysOf, type OrderKeys } from './order.keys.js';
import { join, raw, sql, type Sql } from './sql.js';
import type { StoreParts } from './store.parts.js';

/** Every so many claims one starts at the oldest row, for what came due behind the cursor. */
const RESCAN_EVERY = 16;

/** How many of the oldest due rows are looked through for a lease that has run out. */
const SUSPECT_WINDOW = 10_000;

/** The handler name under which a death of the process stands in the attempt table. */
export const PROCESS = '(process)';

interface Buried {
  readonly keys: readonly Buffer[];
  readonly dead: readonly DeadEvent[];
}

interface Place {
  readonly dueAt: number;
  readonly id: string;
}

const freshToken = (): string => randomBytes(16).toString('hex');

/** Takes rows for this process, and keeps or gives back what it has taken. */
export class Claiming {
  private cursor: Place | undefined;
  private claims = 0;
  private readonly lost: LostClaims;

  constructor(
    private readonly parts: StoreParts,
    private readonly orderKeys: OrderKeys,
  ) {
    this.lost = new LostClaims(parts, SUSPECT_WINDOW);
  }

  /**
   * Starts where the last claim ended. Before that place there is little but what was claimed already,
   * of which PostgreSQL keeps dead index entries while any long transaction is open elsewhere.
   */
  async claim(limit: number, leaseMs: number): Promise<readonly ClaimedRow[]> {
    if (limit <= 0) return [];
    this.claims += 1;
    const from = this.claims % RESCAN_EVERY === 0 ? undefined : this.cursor;
    const rows = await this.claimFrom(from, limit, leaseMs);
    if (rows.length === limit) return rows;
    this.cursor = undefined;
    if (from === undefined) return rows;
    try {
      return [...rows, ...(await this.claimFrom(undefined, limit - rows.length, leaseMs))];
    } catch (error) {
      // What was claimed already must not be lost with what could not be claimed beside it.
      if (rows.length === 0) throw error;
      return rows;
    }
  }

  async claimSuspect(leaseMs: number, maxDeaths: number): Promise<ClaimedRow | undefined> {
    for (const suspect of await this.suspects(50)) {
      if (Number(suspect['deaths']) + 1 >= maxDeaths) await this.bury(idOf(suspect));
      else {
        const taken = await this.take(idOf(suspect), leaseMs);
        if (taken) return taken;
      }
    }
    return undefined;
  }

  async hasSuspects(): Promise<boolean> {
    return (await this.suspects(1)).length > 0;
  }

  async heartbeat(leases: readonly Lease[], leaseMs: number): Promise<ReadonlySet<string>> {
    if (leases.length === 0) return new Set();
    const { database, dialect, tables } = this.parts;
    const held = this.held(leases);
    const extended = await database.atOnce(() =>
      dialect.change({
        table: tables.inbox,
        set: sql`lease_until = ${dialect.now} + ${dialect.number(leaseMs)}`,
        where: held,
        skipLocked: true,
        returning: ['id'],
      }),
    );
    const alive = new Set(extended?.map(idOf));
    if (alive.size === leases.length) return alive;
    // What is left is lost, or locked by its own transactional handler, which extends it at its commit.
    const locked = await database.read(() =>
      only(sql`SELECT id FROM ${tables.inbox} WHERE ${held}`),
    );
    for (const row of locked) alive.add(idOf(row));
    return alive;
  }

  async giveBack(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return;
    const { dialect, tables } = this.parts;
    await this.parts.oneChange(() =>
      dialect.change({
        table: tables.inbox,
        set: sql`lease = NULL, lease_until = NULL, attempts = attempts - 1`,
        where: this.held(leases),
        // Locked by a transaction that could not be ended: its lease runs out by itself.
        skipLocked: true,
        returning: ['id'],
      }),
    );
    this.cursor = undefined;
  }

  private async claimFrom(
    from: Place | undefined,
    limit: number,
    leaseMs: number,
  ): Promise<readonly ClaimedRow[]> {
    const { dialect, tables } = this.parts;
    const token = freshToken();
    const claim = () => {
      const after = from ? sql` AND ${dialect.from(from.dueAt, from.id)}` : sql``;
      return dialect.change({
        table: tables.inbox,
        set: this.lease(token, leaseMs),
        counting: ['attempts'],
        where: sql`${pending} AND due_at <= ${dialect.now} AND lease_until IS NULL${after}`,
        orderBy: raw('due_at, id'),
        limit,
        skipLocked: true,
        returning: CLAIMED_COLUMNS,
        index: `${tables.prefix}_due`,
      });
    };
    const found = await this.lost.watch(token, { suspect: false, leaseMs }, () =>
      this.parts.oneChange(claim),
    );
    const rows = found
      .map((row) => ({ row, dueAt: Number(row['due_at']), id: idOf(row) }))
      .sort((a, b) => a.dueAt - b.dueAt || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    this.cursor = rows.at(-1) ?? this.cursor;
    return rows.map(({ row }) => claimedRow(row, token));
  }

  /**
   * Claimed rows are the oldest due ones, so the window holds them; a row beyond it moves up as those
   * before it finish. An index on `lease_until` would make every claim write to it.
   */
  private async suspects(limit: number): Promise<readonly Row[]> {
    const { database, dialect, tables } = this.parts;
    await this.lost.giveBack();
    return database.read(() =>
      only(sql`SELECT id, deaths FROM (SELECT id, deaths, lease_until FROM ${tables.inbox}
        WHERE ${pending} AND due_at <= ${dialect.now} ORDER BY due_at, id LIMIT ${SUSPECT_WINDOW}) front
        WHERE lease_until <= ${dialect.now} LIMIT ${limit}`),
    );
  }

  private async take(id: string, leaseMs: number): Promise<ClaimedRow | undefined> {
    const { dialect, tables } = this.parts;
    const token = freshToken();
    const claim = () =>
      dialect.change({
        table: tables.inbox,
        set: this.lease(token, leaseMs),
        counting: ['attempts', 'deaths'],
        where: this.suspect(id),
        skipLocked: true,
        returning: CLAIMED_COLUMNS,
      });
    const [row] = await this.lost.watch(token, { suspect: true, leaseMs }, () =>
      this.parts.oneChange(claim),
    );
    return row && claimedRow(row, token);
  }

  private async bury(id: string): Promise<void> {
    const { database } = this.parts;
    const { keys, dead } = await database.transaction(() => this.buryUnit(id));
    this.parts.deaths.tell(dead);
    if (keys.length > 0) await this.orderKeys.promote(keys).catch(() => undefined);
  }

  private *buryUnit(id: string): Unit<Buried> {
    const { dialect, tables } = this.parts;
    const error =
      'The process died or stalled while it ran this event, as often as is allowed; the event may be what kills it.';
    const rows = yield* dialect.change({
      table: tables.inbox,
      set: sql`state = 'dead', reason = 'killed-process', last_error = ${error},
        due_at = ${dialect.now}, finished_at = ${dialect.now}, lease = NULL, lease_until = NULL`,
      counting: ['deaths'],
      where: this.suspect(id),
      skipLocked: true,
      returning: [...DEAD_COLUMNS, 'order_hash', 'deaths'],
    });
    for (const row of rows) {
      yield sql`INSERT INTO ${tables.attempt} (inbox_id, attempt, handler, error, failed_at, duration)
        VALUES (${BigInt(id)}, ${Number(row['attempts'])}, ${PROCESS}, ${error}, ${dialect.now}, 0)`;
    }
    const dead = rows.map((row) => deadEvent(row, { reason: 'killed-process', error }));
    return { keys: keysOf(rows), dead };
  }

  private lease(token: string, leaseMs: number): Sql {
    const { dialect } = this.parts;
    return sql`lease = ${Buffer.from(token, 'hex')}, lease_until = ${dialect.now} + ${dialect.number(leaseMs)}`;
  }

  private suspect(id: string): Sql {
    return sql`id = ${BigInt(id)} AND state = 'open' AND lease_until <= ${this.parts.dialect.now}`;
  }

  /** The rows whose lease is still one of these. */
  private held(leases: readonly Lease[]): Sql {
    const byToken = new Map<string, string[]>();
    for (const { id, token } of leases) byToken.set(token, [...(byToken.get(token) ?? []), id]);
    const { dialect } = this.parts;
    const each = [...byToken].map(
      ([token, ids]) => sql`(lease = ${Buffer.from(token, 'hex')} AND ${dialect.oneOf('id', ids)})`,
    );
    const ids = leases.map(({ id }) => id);
    return sql`${dialect.oneOf('id', ids)} AND (${join(each, ' OR ')})`;
  }
}

/** `body_gone` leads the index on MySQL, and open rows always have their body. */
const pending = raw("state = 'open' AND body_gone = 0");
