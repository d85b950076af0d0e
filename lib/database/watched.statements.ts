import type { QueryRunner } from 'typeorm';
import { cannotBeTakenBack } from './handler.transaction.errors.js';
import type { DryRun } from './dry-run.js';
import { statementKind } from './statement.kind.js';

/** The ways in which a runner takes a statement. */
const WAYS = ['query', 'stream'] as const;

type Way = (text: string, ...rest: unknown[]) => Promise<unknown>;

/**
 * `work`, with an eye on every statement of the runner, whoever sends it (a subscriber of TypeORM, too).
 * @throws what it throws, or EventHandlerError where it has sent one that could not be taken back, which is refused
 */
export async function watched(
  runner: QueryRunner,
  { handler, tell }: Pick<DryRun, 'handler' | 'tell'>,
  work: () => Promise<void>,
): Promise<void> {
  let refusal: Error | undefined;
  const ways = runner as unknown as Record<(typeof WAYS)[number], Way>;
  const unwatched = WAYS.map((way): [string, Way] => [way, ways[way]]);
  for (const [way, send] of unwatched) {
    const watching: Way = async (text, ...rest) => {
      const kind = statementKind(text);
      if (kind === 'unsafe') {
        refusal ??= cannotBeTakenBack(handler, text);
        throw refusal;
      }
      const [given] = rest;
      const parameters = Array.isArray(given) ? (given as readonly unknown[]) : [];
      if (kind === 'writes') tell({ sql: text, parameters });
      return send.call(runner, text, ...rest);
    };
    Object.assign(runner, { [way]: watching });
  }
  try {
    await work();
  } finally {
    Object.assign(runner, Object.fromEntries(unwatched));
  }
  // The handler may have gone on after it.
  if (refusal) throw refusal;
}
