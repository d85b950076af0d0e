import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { storedEvents } from '../event.lists.js';
import { completion } from './deliveries.js';
import type { Ground } from './ground.js';
import type { Scenario, World } from './scenario.js';
import { perform } from './stage.js';

/** Quick enough for a worker to claim far ahead, and then slow. */
const QUICK = 800;
const SLOW = 300;
const HOLD = 20;
/** Rows that the process has, of which it runs 50 at most. */
const FAR_AHEAD = 150;

/** A worker dies with far more rows claimed than it was running. */
export const lookAhead: Scenario = {
  name: 'look-ahead',
  about: 'SIGKILL with hundreds of rows claimed ahead: none lost, none dead, no death counted',
  databases: ['sqlite', 'postgres', 'mariadb'],
  run: (world: World, kind: DatabaseKind) =>
    perform(world, kind, async (stage) => {
      const { ground } = stage;
      const { findings } = world;
      const victim = stage.start('victim', { idle: true });
      await victim.ready();
      const quick = Array.from({ length: QUICK }, (_, n) => `quick-${n}`);
      const slow = Array.from({ length: SLOW }, (_, n) => `slow-${n}`);
      await Promise.all(quick.map((name) => stage.send(completion(name, { unrecorded: true }))));
      await Promise.all(slow.map((name) => stage.send(completion(name, { hold: HOLD }), 'runs')));
      victim.tell({ type: 'work' });
      let most = 0;
      const far = async () => (most = Math.max(most, await leasedOf(ground))) >= FAR_AHEAD;
      const reached = await stage.until(20_000, far);
      findings.check(reached, `at most ${most} rows were claimed at once`);
      await victim.kill();
      const survivor = stage.start('survivor');
      await survivor.ready();
      await pause(1_000);
      await stage.drained('after the crash');
      for (const { eventId, stalledCount } of await storedEvents(ground.store)) {
        findings.check(stalledCount === 0, `${eventId} counts ${stalledCount} deaths`);
      }
      findings.figure('claimed at the crash', most);
    }),
};

async function leasedOf({ dataSource }: Ground): Promise<number> {
  const rows: readonly { readonly n: unknown }[] = await dataSource.query(
    "SELECT count(*) AS n FROM armox_armalo_inbox WHERE state = 'open' AND lease IS NOT NULL AND lease_until IS NOT NULL",
  );
  return Number(rows[0]?.n);
}
