import type { QueryRunner } from 'typeorm';
import { LATE, systemTimers, within } from '../core/index.js';
import { driverError } from './database.errors.js';
import { only, type Database, type Row } from './database.js';
import type { Ask, Server } from './server.js';
import { SharedTrips } from './shared.trip.js';
import { raw, sql, type Sql } from './sql.js';
import { rollBackWhole } from './whole.rollback.js';

/** As TypeORM writes them. */
const BEGIN = 'START TRANSACTION';
const COMMIT = 'COMMIT';

const DIVISION_BY_ZERO = '22012';

export interface Change {
  readonly statement: Sql;
  /** Rows that it changes. */
  readonly count: number;
}

/** Fails where it changes other rows than that, so that no statement after it is run. */
const orFail = ({ statement, count }: Change): Sql =>
  sql`WITH changed AS (${statement} RETURNING 1)
    SELECT 1 / CASE WHEN count(*) = ${count} THEN 1 ELSE 0 END FROM changed`;

const endOf = (changes: readonly Change[]): readonly Sql[] => [
  ...changes.map((change) => orFail(change).prepared()),
  raw(COMMIT),
];

/** A rollback on a dead connection would last until TCP gives up, a quarter of an hour. */
const LONGEST_ROLLBACK = 10_000;
/** A rollback that takes longer waits for a statement of the handler's that is still under way. */
const FIRST_CANCEL_AFTER = 100;
/** The handler may have sent several statements, one behind the other. */
const NEXT_CANCEL_AFTER = 1_000;
const CANCEL_TIMEOUT = 2_000;

/** Whether a change of one's own did not find all of its rows. */
export const hasLostRows = (error: unknown): boolean =>
  driverError(error).code === DIVISION_BY_ZERO;

/** A transactional handler's hold on one connection of the application's pool. */
export class ServerSession {
  private id: unknown;
  private transaction: unknown;
  private readonly trips: SharedTrips;
  private spoiled = false;
  private cancelling: Promise<unknown> | undefined;

  constructor(
    readonly runner: QueryRunner,
    private readonly connection: unknown,
    private readonly server: Server,
    /** On connections of our own, so that a statement can be cancelled from beside it. */
    private readonly own: Database,
  ) {
    this.id = server.sessions.idOf(connection);
    this.trips = new SharedTrips(runner);
  }

  /** Whether a transaction's beginning goes along with other statements. */
  get beginsInATrip(): boolean {
    // An isolation level is set after the BEGIN and before anything else.
    return !!this.server.inOneTrip && this.runner.connection.options.isolationLevel === undefined;
  }

  /** @param row with the columns of `ServerSessions` */
  identify(row: Row): void {
    this.id = row['session_id'];
    this.transaction = row['transaction_id'];
  }

  /** Undefined before there is one. */
  get transactionId(): unknown {
    return this.transaction;
  }

  readonly query: Ask = async (statement) => {
    const text = this.server.text(statement);
    const { records, affected } = await this.runner.query(text, [...statement.values], true);
    return { rows: (records ?? []) as readonly Row[], affected: affected ?? 0 };
  };

  /** Begins the transaction, and reads with `first`. */
  async begin(first: Sql): Promise<readonly Row[]> {
    const { runner } = this;
    if (!this.beginsInATrip) {
      await runner.startTransaction();
      return (await this.query(first)).rows;
    }
    let rows: readonly Row[] = [];
    const together = async (): Promise<void> => {
      rows = await this.inOneTrip([raw(BEGIN), first.prepared()]);
    };
    await this.trips.run(BEGIN, together, () => runner.startTransaction());
    return rows;
  }

  /**
   * Makes the changes, and commits.
   * @returns false, with the transaction to be rolled back, where one did not find all of its rows
   */
  async commit(changes: readonly Change[]): Promise<boolean> {
    const { runner } = this;
    if (!this.server.inOneTrip) {
      for (const { statement, count } of changes) {
        if ((await this.query(statement)).affected !== count) return false;
      }
      await runner.commitTransaction();
      return true;
    }
    const together = async (): Promise<void> => {
      await this.inOneTrip(endOf(changes));
    };
    try {
      await this.trips.run(COMMIT, together, () => runner.commitTransaction());
      return true;
    } catch (error) {
      if (hasLostRows(error)) return false;
      throw error;
    }
  }

  /**
   * Makes the changes, commits, begins the next transaction and reads with `first`, all in one trip.
   * @throws the driver's error; `hasLostRows` tells whether a change did not find all of its rows. Whether the commit
   * came before it is not known
   */
  async commitAndBegin(changes: readonly Change[], first: Sql): Promise<readonly Row[]> {
    const { runner } = this;
    let rows: readonly Row[] = [];
    const together = async (): Promise<void> => {
      rows = await this.inOneTrip([...endOf(changes), raw(BEGIN), first.prepared()]);
    };
    await this.trips.run(COMMIT, together, () => runner.commitTransaction());
    // What the one before has left for its subscribers is not the next one's.
    runner.data = {};
    const begun = () => Promise.resolve();
    await this.trips.run(BEGIN, begun, () => runner.startTransaction());
    return rows;
  }

  /** Cancels what is still under way, and rolls back. @returns whether that is known to have ended it */
  async rollBack(): Promise<boolean> {
    const rolledBack = this.rolledBack();
    const over = new AbortController();
    void this.cancelUntil(over.signal);
    const rolled = await within(rolledBack, LONGEST_ROLLBACK, systemTimers);
    over.abort();
    const ended = rolled !== LATE && rolled;
    if (!ended) this.spoiled = true;
    await this.cancelling;
    return ended;
  }

  /** Ends the connection at once, whatever it is doing. */
  cut(): void {
    this.spoiled = true;
    this.server.destroy(this.connection);
  }

  async release(): Promise<void> {
    // The pool drops what has been destroyed. A cancellation may come late, and must not hit the next user.
    if (this.spoiled) this.server.destroy(this.connection);
    await this.runner.release().catch(driverError);
  }

  /** @returns the rows of the last statement */
  private async inOneTrip(statements: readonly Sql[]): Promise<readonly Row[]> {
    const results = await this.server.inOneTrip?.(this.connection, statements);
    return results?.at(-1) ?? [];
  }

  private async rolledBack(): Promise<boolean> {
    try {
      // Where the handler has meddled with savepoints, TypeORM's level by level does not get through.
      await rollBackWhole(this.runner).catch(() => this.runner.query('ROLLBACK'));
      return true;
    } catch (error) {
      driverError(error);
      return false;
    }
  }

  private async cancelUntil(over: AbortSignal): Promise<void> {
    for (let wait = FIRST_CANCEL_AFTER; ; wait = NEXT_CANCEL_AFTER) {
      await systemTimers.sleep(wait, over).catch(() => undefined);
      if (over.aborted || this.id === undefined) return;
      this.spoiled = true;
      const cancel = this.server.sessions.cancel(this.id);
      this.cancelling = this.own.statement(() => only(cancel), CANCEL_TIMEOUT).catch(driverError);
      await this.cancelling;
    }
  }
}
