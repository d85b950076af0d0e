import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { completion, violation } from './deliveries.js';
import { Run } from './effects.js';
import type { Ground } from './ground.js';
import { Others } from './others.js';
import type { Scenario, World } from './scenario.js';
import { perform, type Stage } from './stage.js';
import { unfinishedEvents } from '../event.lists.js';

/** As on the stage. */
const LEASE = 1_000;

/** Two rows that nobody can touch although their leases are over: neither is a reason to wait for anybody else. */
export const longHandler: Scenario = {
  name: 'long-handler',
  about: 'a transactional handler longer than its lease, and a dead process whose row is locked',
  databases: ['postgres', 'mariadb'],
  run: (world: World, kind: DatabaseKind) =>
    perform(world, kind, async (stage) => {
      const { ground, sender } = stage;
      const span = world.short ? 2_000 : 20_000;
      const gone = stage.start('gone', { idle: true });
      const running = ['one', 'two'].map((name) => stage.start(name));
      for (const replica of [gone, ...running]) await replica.ready();
      const others = new Others(stage);
      await others.before(span);

      await Promise.all(running.map((replica) => replica.rest()));
      gone.tell({ type: 'work' });
      await stage.send(completion('stale', { hold: 500 }), 'runs');
      const begun = async () => (await ground.tally(Run)).has('stale');
      world.findings.check(await stage.until(5_000, begun), 'the stale event was not begun');
      const unlock = await lockOpenRow(ground);
      await gone.kill();
      for (const replica of running) replica.tell({ type: 'work' });
      await stage.send(violation('long', { hold: span + 3 * LEASE }), 'effects');
      await pause(2 * LEASE);
      await others.come('beside', span);
      await stillOpen(stage);
      await unlock();
      await stage.drained('after the lock was gone');
      await others.after(span);
      world.findings.check(sender.statuses.get(503) === undefined, 'a delivery was refused');
    }),
};

/** The only open row, by a session that does nothing more: as a power loss leaves one behind. */
async function lockOpenRow({ dataSource, store }: Ground): Promise<() => Promise<void>> {
  const [row] = await unfinishedEvents(store);
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  // By its id: anything wider would lock the places of later rows on MariaDB.
  await runner.query(`SELECT id FROM armox_armalo_inbox WHERE id = ${Number(row?.id)} FOR UPDATE`);
  return async () => {
    await runner.rollbackTransaction();
    await runner.release();
  };
}

async function stillOpen({ ground, world }: Stage): Promise<void> {
  const open = await unfinishedEvents(ground.store);
  for (const name of ['stale', 'long']) {
    const found = open.some(({ body }) => body?.toString().includes(`"${name}"`));
    world.findings.check(found, `${name} was over before the others were measured`);
  }
}
