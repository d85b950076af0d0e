import {
  join,
  only,
  sql,
  type Row,
  type Sql,
  type Unit,
  bytes,
  select,
} from '../../../database/index.js';
import type { WatchedSubject } from '../../../core/index.js';
import { hashOf, type InboxDatabase } from '../../../inbox/index.js';
import { watchTable } from './watch.table.js';

/** `score` and `evals` of an agent, `escrow` by its id. */
export type WatchKind = 'score' | 'evals' | 'escrow';

/** Something that the poller looks at now and then. */
export interface Watched {
  readonly rowId: string;
  /** The agent's or escrow's id. */
  readonly subject: string;
  /** What is remembered of it, as JSON; `{}` before the first look. */
  readonly state: string;
  /** Looks in a row that showed nothing. */
  readonly misses: number;
  /** Epoch milliseconds, the database's. */
  readonly createdAt: number;
  readonly now: number;
}

/** A watched thing locked for the rest of a transaction. */
export interface LockedWatch {
  readonly rowId: string;
  /** Identity in hexadecimal. */
  readonly key: string;
  readonly state: string;
  readonly now: number;
}

export const UNSEEN = '{}';
const SOURCE = 'armalo';
const { list: COLUMNS } = select(watchTable, 'id', 'subject', 'state', 'misses', 'created_at');

export function watchIdentity(account: string, kind: WatchKind, subject: string): Buffer {
  return hashOf(SOURCE, account, kind, subject);
}

/** The table of watched things, in the inbox's own database. */
export class WatchStore {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly account = '',
  ) {}

  /** Due at once; one that is watched already stays as it is. */
  async add(kind: WatchKind, subject: string): Promise<void> {
    const { database, dialect } = this.inbox;
    const row = {
      identity: watchIdentity(this.account, kind, subject),
      source: SOURCE,
      account: this.account,
      kind,
      subject,
      state: UNSEEN,
      created_at: dialect.now,
      due_at: dialect.now,
    };
    await database.statement(() =>
      dialect.upsert({ table: this.table, key: 'identity', rows: [row], changes: () => ({}) }),
    );
  }

  async remove(kind: WatchKind, subject: string): Promise<void> {
    const identity = watchIdentity(this.account, kind, subject);
    await this.change(sql`DELETE FROM ${this.table} WHERE identity = ${identity}`);
  }

  /** What is to be looked at now, the longest due first. */
  async due(kind: WatchKind, limit: number): Promise<readonly Watched[]> {
    const { database, dialect } = this.inbox;
    const rows = await database.read(() =>
      only(sql`SELECT ${COLUMNS}, ${dialect.now} AS now FROM ${this.table}
        WHERE source = ${SOURCE} AND due_at <= ${dialect.now} AND account = ${this.account} AND kind = ${kind}
        ORDER BY due_at, id LIMIT ${limit}`),
    );
    return rows.map(watched);
  }

  async subjects(kind: WatchKind): Promise<readonly string[]> {
    const { database } = this.inbox;
    const rows = await database.read(() =>
      only(sql`SELECT subject FROM ${this.table} WHERE source = ${SOURCE} AND due_at IS NOT NULL
        AND account = ${this.account} AND kind = ${kind} ORDER BY id`),
    );
    return rows.map((row) => String(row['subject']));
  }

  /** The next to be looked at, with what is remembered of them as `state`. */
  async watched(kind: WatchKind, limit: number): Promise<readonly WatchedSubject[]> {
    const rows = await this.inbox.database.read(() =>
      only(sql`SELECT subject, state, due_at, misses FROM ${this.table} WHERE source = ${SOURCE}
        AND due_at IS NOT NULL AND account = ${this.account} AND kind = ${kind} ORDER BY due_at, id LIMIT ${limit}`),
    );
    return rows.map((row) => ({
      id: String(row['subject']),
      state: String(row['state']),
      dueAt: Number(row['due_at']),
      misses: Number(row['misses']),
    }));
  }

  async polled(rowId: string, nextInMs: number, misses: number): Promise<void> {
    const { dialect } = this.inbox;
    await this.change(sql`UPDATE ${this.table} SET misses = ${misses},
      due_at = ${dialect.now} + ${dialect.number(Math.round(nextInMs))} WHERE ${dialect.oneOf('id', [rowId])}`);
  }

  /** Remembers something new, unless somebody else has done so since `from` was read. */
  async remember({ rowId, state: from }: Watched, state: string): Promise<void> {
    const { dialect } = this.inbox;
    await this.change(
      sql`UPDATE ${this.table} SET state = ${state} WHERE ${dialect.oneOf('id', [rowId])} AND state = ${from}`,
    );
  }

  /** Locked in the order of their identity, so that two transactions do not wait for each other. */
  *lock(identities: readonly Buffer[]): Unit<readonly LockedWatch[]> {
    const { dialect } = this.inbox;
    const rows = yield sql`SELECT id, identity, state, ${dialect.now} AS now FROM ${this.table}
      WHERE identity IN (${join(identities)}) ORDER BY identity${dialect.forUpdate}`;
    return rows.map((row) => ({
      rowId: String(row['id']),
      key: bytes(row['identity']).toString('hex'),
      state: String(row['state']),
      now: Number(row['now']),
    }));
  }

  *write(states: ReadonlyMap<string, string>): Unit<void> {
    if (states.size === 0) return;
    const { dialect } = this.inbox;
    const cases = [...states].map(
      ([id, state]) => sql`WHEN ${dialect.number(BigInt(id))} THEN ${state}`,
    );
    yield sql`UPDATE ${this.table} SET state = CASE id ${join(cases, ' ')} END
      WHERE ${dialect.oneOf('id', [...states.keys()])}`;
  }

  private get table(): Sql {
    return this.inbox.tables.of(watchTable);
  }

  private async change(statement: Sql): Promise<void> {
    await this.inbox.database.statement(() => only(statement));
  }
}

function watched(row: Row): Watched {
  return {
    rowId: String(row['id']),
    subject: String(row['subject']),
    state: String(row['state']),
    misses: Number(row['misses']),
    createdAt: Number(row['created_at']),
    now: Number(row['now']),
  };
}
