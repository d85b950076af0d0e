import type { DataSource, EntityManager } from 'typeorm';
import type { Unit } from './database.js';
import { driverError } from './database.errors.js';
import { handledOf } from './inbox.rows.js';
import type { Lease, TransactionalOutcome } from './inbox.store.js';
import { raw, sql, type Sql } from './sql.js';
import type { SqliteTransactions } from './sqlite.transactions.js';
import type { StoreParts } from './store.parts.js';
import { rollBackWhole } from './whole.rollback.js';

export type TransactionalWork = (manager: EntityManager) => Promise<void>;

/** Where the transaction of a transactional handler runs, and how it takes hold of the row. */
export interface HandlerTransactions {
  run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: TransactionalWork,
  ): Promise<TransactionalOutcome>;
}

const fence = ({ id, token }: Lease): Sql =>
  sql`id = ${BigInt(id)} AND lease = ${Buffer.from(token, 'hex')}`;

const withMark = (handled: readonly string[], handler: string): string =>
  JSON.stringify([...handled, handler]);

/** The mark and a fresh lease, so that a long handler's event does not look abandoned after its commit. */
function marked(parts: StoreParts, lease: Lease, marks: string, leaseMs: number): Sql {
  const { dialect, tables } = parts;
  return sql`UPDATE ${tables.inbox} SET handled = ${dialect.text(marks)},
    lease_until = ${dialect.now} + ${dialect.number(leaseMs)} WHERE ${fence(lease)}`;
}

/** @returns false when the lease has gone */
export async function markHandled(
  parts: StoreParts,
  lease: Lease,
  handler: string,
): Promise<boolean> {
  const { database, dialect, tables } = parts;
  return database.transaction(function* (): Unit<boolean> {
    const [row] =
      yield sql`SELECT handled FROM ${tables.inbox} WHERE ${fence(lease)}${dialect.forUpdate}`;
    if (!row) return false;
    const handled = handledOf(row);
    if (!handled.includes(handler)) {
      yield sql`UPDATE ${tables.inbox} SET handled = ${withMark(handled, handler)} WHERE ${fence(lease)}`;
    }
    return true;
  });
}

/** PostgreSQL and MySQL/MariaDB: on the application's own DataSource, the row locked from first to last. */
export class ServerHandlerTransactions implements HandlerTransactions {
  constructor(
    private readonly application: DataSource,
    private readonly parts: StoreParts,
  ) {}

  async run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: TransactionalWork,
  ): Promise<TransactionalOutcome> {
    const { dialect, tables } = this.parts;
    const runner = this.application.createQueryRunner('master');
    const query = async (statement: Sql): Promise<unknown> => {
      const text = dialect.family === 'postgres' ? statement.text : statement.sql;
      return runner.query(text, [...statement.values]);
    };
    try {
      await runner.startTransaction();
      try {
        const [row] = (await query(
          sql`SELECT handled FROM ${tables.inbox} WHERE ${fence(lease)}${dialect.forUpdate}`,
        )) as { handled: string }[];
        const handled = row && handledOf(row);
        if (!handled || handled.includes(handler)) {
          await runner.rollbackTransaction();
          return handled ? 'already' : 'lease-lost';
        }
        await this.guarded(query, () => work(runner.manager));
        await query(marked(this.parts, lease, withMark(handled, handler), leaseMs));
        await runner.commitTransaction();
        return 'committed';
      } catch (error) {
        await rollBackWhole(runner).catch(driverError);
        throw error;
      }
    } finally {
      await runner.release();
    }
  }

  /**
   * On MySQL a deadlock, or a statement such as ALTER TABLE, ends the transaction without a word; what the
   * handler writes then is committed statement by statement, and so would be the mark. The savepoint is
   * gone in that case, and its release fails.
   */
  private async guarded(
    query: (statement: Sql) => Promise<unknown>,
    work: () => Promise<void>,
  ): Promise<void> {
    if (this.parts.dialect.family === 'postgres') return work();
    await query(raw('SAVEPOINT armox_armalo_handler'));
    await work();
    await query(raw('RELEASE SAVEPOINT armox_armalo_handler'));
  }
}

/** SQLite: see `SqliteTransactions`. The first statement is a write, since one that reads first may fail for it. */
export class SqliteHandlerTransactions implements HandlerTransactions {
  constructor(
    private readonly transactions: SqliteTransactions,
    private readonly parts: StoreParts,
  ) {}

  async run(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: TransactionalWork,
  ): Promise<TransactionalOutcome> {
    let outcome: TransactionalOutcome = 'committed';
    const first = sql`UPDATE ${this.parts.tables.inbox} SET lease = lease WHERE ${fence(lease)} RETURNING handled`;
    const held = await this.transactions.run(first, async (manager, row) => {
      const handled = handledOf(row);
      if (handled.includes(handler)) {
        outcome = 'already';
        return undefined;
      }
      await work(manager);
      return marked(this.parts, lease, withMark(handled, handler), leaseMs);
    });
    return held ? outcome : 'lease-lost';
  }
}
