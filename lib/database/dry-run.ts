import type { EntityManager } from 'typeorm';
import type { HandlerTurn } from './handler.turn.js';
import type { Sql } from './sql.js';

/** A statement as the application has sent it. */
export interface SentStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Work in a transaction of the application's that is rolled back, whatever comes of it. */
export interface DryRun {
  /** Whose work it is, for errors. */
  readonly handler: string;
  /** One of our tables: where a database has one writer, the transaction becomes it there, and changes nothing. */
  readonly table: Sql;
  readonly turn: Pick<HandlerTurn, 'signal' | 'connecting'>;
  /** Called with each statement of the work that does more than read, before it is sent. */
  readonly tell: (statement: SentStatement) => void;
  readonly work: (manager: EntityManager) => Promise<void>;
}
