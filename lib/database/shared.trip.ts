import type { QueryRunner } from 'typeorm';

/**
 * TypeORM sends the statements that begin and end a transaction by themselves. While `act` runs, `instead` is
 * called for the one with this text, so that it can go along with another statement in one round trip; all
 * that TypeORM does around it (its state, its subscribers) stays as it is.
 * @throws Error where TypeORM sent no such statement: then the other one was not sent either
 */
export async function sharingTrip(
  runner: QueryRunner,
  text: string,
  instead: () => Promise<void>,
  act: () => Promise<void>,
): Promise<void> {
  const replaced = runner as { query?: unknown };
  const whole = runner.query.bind(runner) as (...given: unknown[]) => Promise<unknown>;
  let shared = false;
  replaced.query = (...given: unknown[]) => {
    if (given[0] !== text) return whole(...given);
    shared = true;
    return instead();
  };
  try {
    await act();
  } finally {
    // The method of its class again.
    delete replaced.query;
  }
  if (!shared) throw new Error(`TypeORM did not send ${text}.`);
}
