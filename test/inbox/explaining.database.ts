import type { Failure } from '../../lib/database/database.errors.js';
import type { Database, Row, Unit } from '../../lib/database/database.js';
import { raw, sql, type Sql } from '../../lib/database/sql.js';

/** Asks for the plan of every statement before it runs. */
export class ExplainingDatabase implements Database {
  plans: { text: string; plan: string }[] = [];

  constructor(
    private readonly inner: Database,
    private readonly explain: string,
  ) {}

  transaction<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.inner.transaction(() => this.explained(unit()));
  }
  statement<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.inner.statement(() => this.explained(unit()));
  }
  oneChange<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.inner.oneChange(() => this.explained(unit()));
  }
  read<Result>(unit: () => Unit<Result>): Promise<Result> {
    return this.inner.read(() => this.explained(unit()));
  }
  atOnce<Result>(unit: () => Unit<Result>): Promise<Result | undefined> {
    return this.inner.atOnce(() => this.explained(unit()));
  }
  failureOf(error: unknown): Failure {
    return this.inner.failureOf(error);
  }
  close(): Promise<void> {
    return this.inner.close();
  }

  private *explained<Result>(unit: Unit<Result>): Unit<Result> {
    let step = unit.next([]);
    while (!step.done) {
      const statement: Sql = step.value;
      const rows: readonly Row[] = yield sql`${raw(this.explain)} ${statement}`;
      this.plans.push({ text: statement.text, plan: JSON.stringify(rows) });
      step = unit.next(yield statement);
    }
    return step.value;
  }
}
