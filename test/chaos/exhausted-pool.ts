import type { DatabaseKind } from '../databases.js';
import { violation } from './deliveries.js';
import { Others } from './others.js';
import type { Scenario, World } from './scenario.js';
import { perform } from './stage.js';
import { unfinishedEvents } from '../event.lists.js';

const APP_POOL = 4;
const CONCURRENCY = 20;

/** The application keeps all of its connections; what needs none of them goes on. */
export const exhaustedPool: Scenario = {
  name: 'exhausted-pool',
  about: 'no connection for any transactional handler, more of their events than there are slots',
  databases: ['postgres', 'mariadb'],
  run: (world: World, kind: DatabaseKind) =>
    perform(world, kind, async (stage) => {
      const { findings, short } = world;
      const span = short ? 3_000 : 20_000;
      const replica = stage.start('replica', {
        appPool: APP_POOL,
        worker: { lease: 1_000, pollInterval: 100, concurrency: CONCURRENCY },
      });
      await replica.ready();
      const others = new Others(stage, 'unrecorded');
      await others.before(span);
      await replica.holdPool(true);
      const waiting = Array.from({ length: 3 * CONCURRENCY }, (_, index) => `waiting-${index}`);
      await Promise.all(waiting.map((name) => stage.send(violation(name), 'effects')));
      await others.come('beside', span);
      const open = await unfinishedEvents(stage.ground.store);
      const held = open.filter(({ body }) => body?.toString().includes('"waiting-')).length;
      findings.check(held === waiting.length, `only ${held} events waited for the pool`);
      await replica.holdPool(false);
      await stage.drained('after the pool was free again');
      await others.after(span);
      findings.figure('waited for the pool', waiting.length);
    }),
};
