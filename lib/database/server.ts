import type { DataSource } from 'typeorm';
import type { Failure } from './database.errors.js';
import type { Row } from './database.js';
import type { Sql } from './sql.js';

/** What differs between the servers, which have pools of connections. */
export interface Server {
  readonly begin: Sql;
  /** Called once for each physical connection of our own, before anything else. */
  setUp(connection: unknown): Promise<void>;
  /** Whether a change is one statement, and so needs no transaction around it. */
  readonly changesAtOnce: boolean;
  text(statement: Sql): string;
  /**
   * Runs a statement on a physical connection.
   * @throws the driver's error; LostStatementError where a prepared one is lost and not to be had on this connection
   */
  ask(connection: unknown, statement: Sql): Promise<Answer>;
  /** Ends the physical connection at once, whatever it is doing; it must not go back to the pool. */
  destroy(connection: unknown): void;
  failureOf(this: void, error: unknown): Failure;
  /**
   * Runs statements on a connection in one round trip, the next only where the one before it has succeeded.
   * Absent where the driver cannot.
   * @returns the rows of each
   * @throws as `ask` does
   */
  inOneTrip?(connection: unknown, statements: readonly Sql[]): Promise<readonly (readonly Row[])[]>;
  readonly sessions: ServerSessions;
}

export interface Answer {
  readonly rows: readonly Row[];
  /** Rows that the statement has changed. */
  readonly affected: number;
}

/** Runs a statement on the session's connection. */
export type Ask = (statement: Sql) => Promise<Answer>;

/** How a server names a session and its transaction, and how another session ends what that one is doing. */
export interface ServerSessions {
  /** Columns `session_id` and `transaction_id`. */
  readonly columns: Sql;
  /** True as long as the session is still in that transaction, where the server can tell. */
  inTransaction(id: unknown): Sql;
  /** True where that transaction has been committed; for servers that do several statements in one trip. */
  readonly hasCommitted?: (id: unknown) => Sql;
  /**
   * Before a transaction that must not be committed: what follows where the server has ended that one by itself is in
   * a transaction too. Absent where nothing can follow then.
   */
  readonly withoutAutocommit?: Sql;
  /** What the driver takes for the session's id; behind a pooler it is not the server's. */
  idOf(connection: unknown): unknown;
  /** Ends the session's statement, and nothing else of it. */
  cancel(id: unknown): Sql;
  /**
   * Runs the work of a handler where `inTransaction` cannot tell that its transaction has ended meanwhile.
   * @throws EventHandlerError then
   */
  guarded(ask: Ask, handler: string, work: () => Promise<void>): Promise<void>;
}

/** Of `pg` and of `mysql2`. */
const DEFAULT_POOL = 10;

/** Connections that the pool of a server's DataSource opens at most. */
export function serverPoolSizeOf({ options }: DataSource): number {
  const { poolSize, extra } = options as {
    poolSize?: number;
    extra?: { max?: number; connectionLimit?: number };
  };
  // TypeORM lets `extra` win.
  return extra?.max ?? extra?.connectionLimit ?? poolSize ?? DEFAULT_POOL;
}
