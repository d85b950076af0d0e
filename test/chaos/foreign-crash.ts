import type { DatabaseKind } from '../databases.js';
import { completion, violation } from './deliveries.js';
import { Run } from './effects.js';
import { Others } from './others.js';
import type { Scenario, World } from './scenario.js';
import { perform, type Stage } from './stage.js';
import { unfinishedEvents } from '../event.lists.js';

/** As on the stage. */
const LEASE = 1_000;
const HOLD = 300;
const IN_FLIGHT = 6;
/** After the lease a busy replica takes them one at a time; the rest is for a busy machine. */
const BOUND = LEASE + IN_FLIGHT * HOLD + 2_500;

/** A process is killed while its neighbour cannot be idle for long: neither waits for the other's events. */
export const foreignCrash: Scenario = {
  name: 'foreign-crash',
  about: 'one replica is killed, the other is busy with a long handler and goes on',
  databases: ['postgres', 'mariadb'],
  run: (world: World, kind: DatabaseKind) =>
    perform(world, kind, async (stage) => {
      const { findings, short } = world;
      const span = short ? 3_000 : 20_000;
      const busy = stage.start('busy');
      const killed = stage.start('killed', { idle: true });
      for (const replica of [busy, killed]) await replica.ready();
      const others = new Others(stage);
      await others.before(span);
      await stage.send(completion('long', { hold: span + BOUND }), 'runs');
      await begun(stage, ['long']);

      await busy.rest();
      killed.tell({ type: 'work' });
      const inFlight = await sendAll(stage);
      await begun(stage, inFlight.plain);
      busy.tell({ type: 'work' });
      await killed.kill();
      const since = performance.now();
      const beside = others.come('beside', span);
      const handled = await stage.until(2 * BOUND, async () => {
        const open = await openNames(stage);
        return !inFlight.all.some((name) => open.has(name));
      });
      const took = Math.round(performance.now() - since);
      findings.check(handled && took < BOUND, `the dead one's events took ${took} ms`);
      await beside;
      findings.check((await openNames(stage)).has('long'), 'the busy replica was not busy');
      await stage.drained('after the crash');
      await others.after(span);
      findings.figure("ms until the dead one's events were handled", took);
    }),
};

async function sendAll(stage: Stage) {
  const names = Array.from({ length: IN_FLIGHT }, (_, index) => `in-flight-${index}`);
  const plain = names.filter((_, index) => index % 2 === 0);
  await Promise.all(
    names.map((name) =>
      plain.includes(name)
        ? stage.send(completion(name, { hold: HOLD }), 'runs')
        : stage.send(violation(name, { hold: HOLD }), 'effects'),
    ),
  );
  return { all: names, plain };
}

async function begun(stage: Stage, names: readonly string[]): Promise<void> {
  const all = async (): Promise<boolean> => {
    const runs = await stage.ground.tally(Run);
    return names.every((name) => runs.has(name));
  };
  stage.world.findings.check(await stage.until(5_000, all), `not begun: ${names.join(', ')}`);
}

async function openNames({ ground }: Stage): Promise<ReadonlySet<string>> {
  const open = await unfinishedEvents(ground.store);
  return new Set(
    open.map(({ body }) => /"((long|in-flight)[^"]*)"/.exec(body?.toString() ?? '')?.[1] ?? ''),
  );
}
