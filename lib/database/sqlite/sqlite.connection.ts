import type { DataSource } from 'typeorm';
import { driverError } from '../database.errors.js';
import type { Row, Unit } from '../database.js';
import type { Sql } from '../sql.js';

/** The part of better-sqlite3 that TypeORM and we use. */
interface BetterConnection {
  prepare(text: string): {
    readonly reader: boolean;
    all(...values: unknown[]): Row[];
    run(...values: unknown[]): unknown;
  };
}

/** The part of sql.js. */
interface SqljsConnection {
  prepare(text: string): {
    bind(values: unknown[]): unknown;
    step(): boolean;
    getAsObject(): Row;
    free(): unknown;
  };
}

const CACHED_STATEMENTS = 200;

/**
 * The connection below a SQLite DataSource, without TypeORM's asynchronous query runner: that one
 * waits between taking a statement and running it, and in the meantime the application may open a
 * transaction which ours would then be part of, and vanish with.
 */
export class SqliteConnection {
  private readonly statements = new Map<string, ReturnType<BetterConnection['prepare']>>();

  constructor(private readonly dataSource: DataSource) {}

  all(text: string, values: readonly unknown[] = []): readonly Row[] {
    return this.dataSource.options.type === 'sqljs'
      ? this.allOfSqljs(text, values)
      : this.allOfBetter(text, values);
  }

  /**
   * Whether anybody has a transaction open on this connection. SQLite itself is asked, within this tick:
   * TypeORM believes for ever in one that SQLite has rolled back by itself (disk full, for one).
   */
  get inTransaction(): boolean {
    try {
      // Deferred, so it takes no lock.
      this.all('BEGIN');
    } catch (error) {
      if (!/within a transaction/.test(driverError(error).message)) throw error;
      return true;
    }
    this.all('ROLLBACK');
    return false;
  }

  /** Runs the whole unit within this tick. */
  run<Result>(unit: Unit<Result>, within: 'transaction' | 'savepoint' | 'nothing'): Result {
    if (within === 'nothing') return this.drive(unit);
    const [begin, end, undo] = within === 'transaction' ? TRANSACTION : SAVEPOINT;
    this.all(begin);
    try {
      const result = this.drive(unit);
      this.all(end);
      return result;
    } catch (error) {
      // After a rollback by SQLite itself there is nothing to undo; the first error is the one to tell.
      if (this.inTransaction) for (const text of undo) this.all(text);
      throw error;
    }
  }

  /** sql.js lives in memory; a DataSource with `autoSave` writes the file after each commit. */
  async saved(): Promise<void> {
    const driver = this.dataSource.driver as { autoSave?: () => Promise<void> };
    if (this.dataSource.options.type === 'sqljs') await driver.autoSave?.();
  }

  private drive<Result>(unit: Unit<Result>): Result {
    let step = unit.next([]);
    while (!step.done) {
      const statement: Sql = step.value;
      step = unit.next(this.all(statement.sql, statement.values));
    }
    return step.value;
  }

  private get raw(): unknown {
    return (this.dataSource.driver as unknown as { databaseConnection: unknown })
      .databaseConnection;
  }

  private allOfBetter(text: string, values: readonly unknown[]): readonly Row[] {
    let statement = this.statements.get(text);
    if (!statement) {
      statement = (this.raw as BetterConnection).prepare(text);
      if (this.statements.size >= CACHED_STATEMENTS) this.statements.clear();
      this.statements.set(text, statement);
    }
    if (statement.reader) return statement.all(...values);
    statement.run(...values);
    return [];
  }

  private allOfSqljs(text: string, values: readonly unknown[]): readonly Row[] {
    const statement = (this.raw as SqljsConnection).prepare(text);
    try {
      // sql.js binds no BigInt; our ids are far below 2^53 in a database that lives in memory.
      statement.bind(values.map((value) => (typeof value === 'bigint' ? Number(value) : value)));
      const rows: Row[] = [];
      while (statement.step()) rows.push(statement.getAsObject());
      return rows;
    } finally {
      statement.free();
    }
  }
}

type Brackets = readonly [begin: string, end: string, undo: readonly string[]];

// IMMEDIATE: a transaction that reads before it writes fails as soon as somebody else has written.
const TRANSACTION: Brackets = ['BEGIN IMMEDIATE', 'COMMIT', ['ROLLBACK']];
const SAVEPOINT: Brackets = [
  'SAVEPOINT armox_armalo',
  'RELEASE armox_armalo',
  ['ROLLBACK TO armox_armalo', 'RELEASE armox_armalo'],
];
