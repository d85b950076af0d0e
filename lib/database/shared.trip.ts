import type { QueryRunner } from 'typeorm';

/**
 * TypeORM sends the statements that begin and end a transaction by themselves. Here another statement of the runner's
 * takes the place of one of them, so that both go along in one round trip; all that TypeORM does around it (its
 * state, its subscribers) stays as it is.
 */
export class SharedTrips {
  private replaced: { readonly text: string; readonly instead: () => Promise<void> } | undefined;

  constructor(runner: QueryRunner) {
    const whole = runner.query.bind(runner) as (...given: unknown[]) => Promise<unknown>;
    (runner as { query: unknown }).query = (...given: unknown[]) => {
      const { replaced } = this;
      if (!replaced || given[0] !== replaced.text) return whole(...given);
      this.replaced = undefined;
      return replaced.instead();
    };
  }

  /**
   * While `act` runs, `instead` is called for the statement with this text.
   * @throws Error where TypeORM sent no such statement: then the other one was not sent either
   */
  async run(text: string, instead: () => Promise<void>, act: () => Promise<void>): Promise<void> {
    this.replaced = { text, instead };
    try {
      await act();
      if (this.replaced) throw new Error(`TypeORM did not send ${text}.`);
    } finally {
      this.replaced = undefined;
    }
  }
}
