import { untilAborted } from '../core/index.js';
import type { DryRun } from './dry-run.js';
import { nestedLeftOpen } from './handler.transaction.errors.js';
import type { Server } from './server.js';
import type { ServerSession } from './server.session.js';
import { sql } from './sql.js';
import { transactionDepth } from './transaction.state.js';
import { watched } from './watched.statements.js';

/** On a connection that is closed afterwards, so that not even the session keeps anything. */
export async function dryRunOnServer(
  run: DryRun,
  { sessions }: Server,
  connect: () => Promise<ServerSession>,
): Promise<void> {
  const session = await connect();
  const { runner } = session;
  const { signal } = run.turn;
  const carryOut = async (): Promise<void> => {
    if (sessions.withoutAutocommit) await session.query(sessions.withoutAutocommit);
    const [row = {}] = await session.begin(sql`SELECT ${sessions.columns}`);
    session.identify(row);
    const work = () => watched(runner, run, () => run.work(runner.manager));
    await sessions.guarded(session.query, run.handler, work);
    if (transactionDepth(runner) !== 1) throw nestedLeftOpen(run.handler);
  };
  try {
    await untilAborted(carryOut(), signal);
  } finally {
    await session.rollBack();
    session.cut();
    await session.release();
  }
}
