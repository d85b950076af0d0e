import type { EntityManager } from 'typeorm';
import type { Row } from './database.js';
import type { DryRun } from './dry-run.js';
import type { HandlerTurn } from './handler.turn.js';
import type { Sql } from './sql.js';

/** What is written in some of the rows. */
export interface RowMark {
  readonly set: Sql;
  readonly where: Sql;
  /** How many rows these are. */
  readonly count: number;
}

/** What is done while the rows are held. */
export interface RowWork {
  run(this: void, manager: EntityManager): Promise<void>;
  /** Asked for when `run` has resolved. */
  marks(this: void): readonly RowMark[];
}

/** A transaction of the application's that holds rows of ours from first to last. */
export interface RowTransaction {
  /** Whose work it is, for errors. */
  readonly handler: string;
  readonly table: Sql;
  readonly where: Sql;
  /** What is read of the rows; the first of them is in no index. */
  readonly columns: readonly string[];
  readonly turn: HandlerTurn;
  /** What to do with the rows as they are; undefined = nothing. */
  readonly work: (rows: readonly Row[]) => RowWork | undefined;
}

/**
 * `declined`: there was nothing to do. `absent`: there is no such row. `stuck`: it could not be ended, so the
 * rows are still locked.
 */
export type RowOutcome = 'committed' | 'declined' | 'absent' | 'stuck';

/** Runs them on the application's DataSource. Errors of the work roll everything back and come out as they are. */
export interface RowTransactions {
  run(transaction: RowTransaction): Promise<RowOutcome>;
  /** Nothing of it is kept. @throws what the work throws, and as `run` where it has ended its own transaction */
  dryRun(run: DryRun): Promise<void>;
}
