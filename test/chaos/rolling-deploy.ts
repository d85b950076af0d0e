import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { cosigned, violation } from './deliveries.js';
import { Run } from './effects.js';
import { Others } from './others.js';
import type { Scenario, World } from './scenario.js';
import { perform, type Stage } from './stage.js';
import { storedEvents } from '../event.lists.js';

const EVENTS = 40;

/** Two releases at once: what only the new one has a handler for is not finished by the old one. */
export const rollingDeploy: Scenario = {
  name: 'rolling-deploy',
  about: 'an old release without two of the handlers beside a new one, which is then killed',
  databases: ['postgres', 'mariadb'],
  run: (world: World, kind: DatabaseKind) =>
    perform(world, kind, async (stage) => {
      const { findings, short } = world;
      const span = short ? 2_000 : 10_000;
      const rounds = short ? 1 : 5;
      const others = new Others(stage, 'plain');
      const first = stage.start('new-1');
      const second = stage.start('new-2');
      for (const replica of [first, second]) await replica.ready();
      await others.before(span);
      await second.terminate();
      const old = stage.start('old', { old: true });
      await old.ready();
      for (let round = 0; round < rounds; round += 1) await send(stage, `both-${round}`, EVENTS);
      await others.come('beside', span);
      await stage.drained('with both releases');
      await checkRuns(stage, 'exactly');

      // Those that come while the old one ends, and while the new one is killed.
      const during = send(stage, 'during', EVENTS, 20);
      await pause(200);
      const code = await old.terminate();
      findings.check(code === 0 || code === null, `the old release exited with ${code}`);
      await first.kill();
      for (const name of ['new-3', 'new-4']) await stage.start(name).ready();
      await during;
      await stage.drained('after the kill');
      await checkRuns(stage, 'at least');
      await others.after(span);
      const ignored = await storedEvents(stage.ground.store, { state: 'ignored' });
      findings.check(ignored.length === 0, `${ignored.length} events were ignored`);
      findings.figure('for new handlers', (rounds + 1) * EVENTS);
      findings.figure('ignored', ignored.length);
    }),
};

/** By turns an event for which the old release has no handler, and one for which it has one of two. */
async function send(stage: Stage, prefix: string, count: number, every = 0): Promise<void> {
  const sent: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `${prefix}-${index}`;
    sent.push(
      index % 2 === 0 ? stage.send(violation(name), 'effects') : stage.send(cosigned(name)),
    );
    if (every > 0) await pause(every);
  }
  await Promise.all(sent);
}

/** Plain handlers of a process that is killed may run once more, no others may. */
async function checkRuns(stage: Stage, how: 'exactly' | 'at least'): Promise<void> {
  const { findings } = stage.world;
  const runs = await stage.ground.tally(Run);
  for (const event of await storedEvents(stage.ground.store, { name: 'pact.cosigned' })) {
    const { data } = JSON.parse(event.body?.toString() ?? '{}') as { data: { pactId: string } };
    for (const handler of ['first', 'second']) {
      const count = runs.get(`${handler}:${data.pactId}`) ?? 0;
      if (count < 1) findings.lost(data.pactId, `its run of ${handler}`);
      if (count > 1 && how === 'exactly') findings.doubled(data.pactId, `${count} runs`);
    }
  }
}
