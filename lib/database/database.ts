import type { Failure } from './database.errors.js';
import type { Sql } from './sql.js';

export type Row = Readonly<Record<string, unknown>>;

/**
 * One unit of work on the database: it yields statements and is given their rows. A generator
 * rather than an async function, since SQLite runs it within one tick, where nothing of the application
 * can come between its statements.
 */
export type Unit<Result> = Generator<Sql, Result, readonly Row[]>;

/** How units reach a database. Each call makes its unit afresh for every try. */
export interface Database {
  /** All statements in one transaction; tried again after a deadlock. */
  transaction<Result>(unit: () => Unit<Result>, timeout?: number): Promise<Result>;
  /** Each statement commits by itself; for units of one writing statement. */
  statement<Result>(unit: () => Unit<Result>, timeout?: number): Promise<Result>;
  /** A unit with one `Dialect.change` in it, in as few round trips as the database allows. */
  oneChange<Result>(unit: () => Unit<Result>): Promise<Result>;
  /** As `statement`, for units that only read. */
  read<Result>(unit: () => Unit<Result>): Promise<Result>;
  /** As `transaction`, but without waiting for anybody's lock: undefined where one is in the way. */
  atOnce<Result>(unit: () => Unit<Result>): Promise<Result | undefined>;
  /** What the error of a unit, or of the driver, means. */
  failureOf(error: unknown): Failure;
  close(): Promise<void>;
}

/** Milliseconds after which a statement that names no limit is given up. */
export const STATEMENT_TIMEOUT = 30_000;

/** A unit of one statement. */
export function* only(statement: Sql): Unit<readonly Row[]> {
  return yield statement;
}
