import type { DatabaseKind } from '../databases.js';
import { anchored } from './deliveries.js';
import type { CrashPoint } from './replica.options.js';
import type { Scenario, World } from './scenario.js';
import { perform } from './stage.js';

const POINTS: readonly CrashPoint[] = [
  'before-handler',
  'after-handler',
  'before-commit',
  'after-commit',
];
/** With the poisoned one more than two groups hold. */
const EVENTS = 99;

/** Many events in one transaction: one of them fails, and the process dies before, in and after it. */
export const grouped: Scenario = {
  name: 'grouped',
  about: 'one poisoned event among 100 in a transaction, and SIGKILL at each point of it',
  databases: ['sqlite', 'postgres', 'mariadb'],
  run: (world: World, kind: DatabaseKind) =>
    perform(world, kind, async (stage) => {
      const { findings } = world;
      const survivor = stage.start('survivor', { idle: true });
      // In the short form the databases share the points.
      const half = kind.name === 'postgres' ? 1 : 0;
      const points = POINTS.filter((_, at) => !world.short || at % 2 === half);
      for (const point of points) {
        const victim = stage.start(`victim-${point}`, { idle: true });
        await Promise.all([survivor.ready(), victim.ready()]);
        await Promise.all([
          stage.send(anchored(`${point}-poisoned`, { failTimes: 2 }), 'effects'),
          ...Array.from({ length: EVENTS }, (_, n) =>
            stage.send(anchored(`${point}-${n}`), 'effects'),
          ),
        ]);
        victim.tell({ type: 'crash', crash: { point, action: 'kill' } });
        victim.tell({ type: 'work' });
        await victim.gone;
        survivor.tell({ type: 'work' });
        await stage.drained(`after the crash at ${point}`);
        await survivor.rest();
      }
      findings.figure('crashes', points.length);
    }),
};
