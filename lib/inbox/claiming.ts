import { StalledRows, FRONT } from './stalled.rows.js';
import {
  empty,
  join,
  only,
  prepared,
  raw,
  sql,
  type Change,
  type Row,
  type Sql,
} from '../database/index.js';
import { isId } from './event.queries.js';
import { CLAIMED_COLUMNS, claimedRow, idOf } from './inbox.rows.js';
import type { ClaimedRow, Lease } from './claimed.row.js';
import type { ClaimException, Outlook, Recovery } from './work.store.js';
import { LostClaims } from './lost.claims.js';
import type { OrderKeys } from './order.keys.js';
import { freshToken, held, leased, PENDING } from './row.lease.js';
import type { InboxDatabase } from './inbox.database.js';

/** Every so many claims one starts at the oldest row, for what came due behind the cursor. */
const RESCAN_EVERY = 16;

/** More sets of exceptions than a worker ever alternates between. */
const MOST_CURSORS = 16;

interface Place {
  readonly dueAt: number;
  readonly id: string;
}

/** Takes rows for this process, and keeps or gives back what it has taken. */
export class Claiming {
  /** Where the last claim ended, for each set of exceptions: one passes over what is there for the next. */
  private readonly cursors = new Map<string, Place>();
  private claims = 0;
  private readonly lost: LostClaims;
  private readonly stalled: StalledRows;

  constructor(
    private readonly inbox: InboxDatabase,
    orderKeys: OrderKeys,
  ) {
    this.lost = new LostClaims(inbox, FRONT);
    this.stalled = new StalledRows(inbox, orderKeys, this.lost);
  }

  /**
   * Starts where the last claim ended. Before that place there is little but what was claimed already,
   * of which PostgreSQL keeps dead index entries while any long transaction is open elsewhere.
   */
  async claim(
    limit: number,
    leaseMs: number,
    except: readonly ClaimException[] = [],
  ): Promise<readonly ClaimedRow[]> {
    if (limit <= 0) return [];
    this.claims += 1;
    const walk = { key: JSON.stringify(except), others: notOf(except), leaseMs };
    const from = this.claims % RESCAN_EVERY === 0 ? undefined : this.cursors.get(walk.key);
    const rows = await this.claimFrom(from, limit, walk);
    if (rows.length === limit) return rows;
    this.cursors.delete(walk.key);
    if (from === undefined) return rows;
    try {
      return [...rows, ...(await this.claimFrom(undefined, limit - rows.length, walk))];
    } catch (error) {
      // What was claimed already must not be lost with what could not be claimed beside it.
      if (rows.length === 0) throw error;
      return rows;
    }
  }

  async claimById(ids: readonly string[], leaseMs: number): Promise<readonly ClaimedRow[]> {
    const known = ids.filter(isId);
    if (known.length === 0) return [];
    // One of them may be held by nobody but a claim of ours whose answer was lost.
    await this.lost.release();
    const token = freshToken();
    const { dialect } = this.inbox;
    const wanted = () => ({
      where: sql`${dialect.oneOf('id', known)} AND ${this.claimable}`,
      orderBy: raw('id'),
      limit: known.length,
    });
    const rows = await this.take(token, leaseMs, wanted);
    return rows.map(({ row }) => claimedRow(row, token));
  }

  claimStalled(recovery: Recovery): Promise<ClaimedRow | undefined> {
    return this.stalled.claim(recovery);
  }

  noLongerAlone(lease: Lease): Promise<void> {
    return this.stalled.noLongerAlone(lease);
  }

  async outlook(): Promise<Outlook> {
    const { database, dialect, tables } = this.inbox;
    await this.lost.release();
    const [row] = await database.read(() =>
      prepared(
        only(sql`SELECT
        (SELECT due_at FROM ${tables.inbox} WHERE ${PENDING} AND lease_until IS NULL
          ORDER BY due_at, id LIMIT 1) - ${dialect.now} AS due_in,
        (SELECT MIN(lease_until) FROM (SELECT lease_until FROM ${tables.inbox}
          WHERE ${PENDING} AND due_at <= ${dialect.now} ORDER BY due_at, id LIMIT ${FRONT}) front)
          - ${dialect.now} AS over_in`),
      ),
    );
    return { dueIn: fromNow(row?.['due_in']), leaseOverIn: fromNow(row?.['over_in']) };
  }

  async heartbeat(leases: readonly Lease[], leaseMs: number): Promise<ReadonlySet<string>> {
    if (leases.length === 0) return new Set();
    const { database, dialect, tables } = this.inbox;
    const ours = held(dialect, leases);
    const extended = await database.atOnce(() =>
      dialect.change({
        table: tables.inbox,
        set: sql`lease_until = ${dialect.now} + ${dialect.number(leaseMs)}`,
        where: ours,
        skipLocked: true,
        returning: ['id'],
      }),
    );
    const alive = new Set(extended?.map(idOf));
    if (alive.size === leases.length) return alive;
    // What is left is lost, or locked by its own transactional handler, which extends it at its commit.
    const locked = await database.read(() =>
      only(sql`SELECT id FROM ${tables.inbox} WHERE ${ours}`),
    );
    for (const row of locked) alive.add(idOf(row));
    return alive;
  }

  async release(leases: readonly Lease[]): Promise<void> {
    if (leases.length === 0) return;
    const { dialect, tables } = this.inbox;
    await this.inbox.database.oneChange(() =>
      dialect.change({
        table: tables.inbox,
        set: sql`lease = NULL, lease_until = NULL, attempts = attempts - 1`,
        where: held(dialect, leases),
        // Locked by a transaction that could not be ended: its lease runs out by itself.
        skipLocked: true,
        returning: ['id'],
      }),
    );
    this.cursors.clear();
  }

  private async claimFrom(
    from: Place | undefined,
    limit: number,
    { key, others, leaseMs }: { key: string; others: Sql; leaseMs: number },
  ): Promise<readonly ClaimedRow[]> {
    const { dialect, tables } = this.inbox;
    const token = freshToken();
    const rows = await this.take(token, leaseMs, () => {
      const after = from
        ? sql` AND ${dialect.atOrAfter({ due_at: from.dueAt, id: BigInt(from.id) })}`
        : empty;
      const where = sql`${this.claimable}${after}${others}`;
      return { where, orderBy: raw('due_at, id'), limit, index: `${tables.prefix}_due` };
    });
    const last = rows.at(-1);
    if (last) {
      if (this.cursors.size >= MOST_CURSORS) this.cursors.clear();
      this.cursors.set(key, last);
    }
    return rows.map(({ row }) => claimedRow(row, token));
  }

  /** @returns oldest due first */
  private async take(
    token: string,
    leaseMs: number,
    which: () => Pick<Change, 'where' | 'orderBy' | 'limit' | 'index'>,
  ): Promise<readonly (Place & { readonly row: Row })[]> {
    const { dialect, tables } = this.inbox;
    const claim = () =>
      dialect.change({
        ...which(),
        table: tables.inbox,
        set: leased(dialect, token, leaseMs),
        counting: ['attempts'],
        skipLocked: true,
        returning: CLAIMED_COLUMNS,
      });
    const rows = await this.lost.watch(token, { stalled: false, leaseMs }, () =>
      this.inbox.database.oneChange(() => prepared(claim())),
    );
    return rows.map(placed).sort(byPlace);
  }

  private get claimable(): Sql {
    return sql`${PENDING} AND due_at <= ${this.inbox.dialect.now} AND lease_until IS NULL`;
  }
}

const placed = (row: Row) => ({ row, dueAt: Number(row['due_at']), id: idOf(row) });

const byPlace = (a: Place, b: Place): number =>
  a.dueAt - b.dueAt || (BigInt(a.id) < BigInt(b.id) ? -1 : 1);

const fromNow = (milliseconds: unknown): number | undefined =>
  milliseconds == null ? undefined : Math.max(0, Number(milliseconds));

function notOf(except: readonly ClaimException[]): Sql {
  const each = except.map(({ source, names }) =>
    names
      ? sql` AND NOT (source = ${source} AND name IN (${join(names)}))`
      : sql` AND source <> ${source}`,
  );
  return each.length === 0 ? empty : join(each, '');
}
