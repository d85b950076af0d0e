import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { completion, cosigned, violation } from './deliveries.js';
import { Fleet, type Replica } from './fleet.js';
import { Ground } from './ground.js';
import type { Scenario, World } from './scenario.js';
import { Sender } from './sender.js';
import { storedEvents } from '../event.lists.js';

const WORKER = { lease: 1_000, pollInterval: 50, retry: { delay: 20, factor: 1 } };

/** Events that kill the process which runs them, among others that do not. */
export const processKillers: Scenario = {
  name: 'process-killers',
  about:
    'an event that kills its process is dead after its third death alone, its neighbours are untouched',
  databases: ['sqlite', 'postgres', 'mariadb'],
  async run({ random, findings }: World, kind: DatabaseKind) {
    const ground = await Ground.create(kind);
    const fleet = new Fleet();
    const sender = new Sender(fleet.ports, random);
    const start = (name: string) =>
      fleet.start({ ...ground.replica, name, worker: WORKER, handlerTime: 300 });
    let deaths = 0;
    let over = false;
    const supervise = async (name: string, first: Replica): Promise<void> => {
      for (let replica = first; ; replica = start(name)) {
        await replica.gone;
        if (over) return;
        deaths += 1;
      }
    };
    const killers = new Set(['killer-1', 'killer-2']);
    const neighbours = Array.from({ length: 12 }, (_, index) => `neighbour-${index}`);
    const first = start('replica-0');
    const supervised = supervise('replica-0', first);
    try {
      await first.ready();
      await Promise.all([
        sender.deliver(violation('killer-1', { kill: true })),
        ...neighbours.slice(0, 6).map((name) => sender.deliver(violation(name))),
        sender.deliver(completion('killer-2', { kill: true })),
        ...neighbours.slice(6).map((name) => sender.deliver(completion(name))),
      ]);
      findings.check(await ground.drained(300_000), 'the inbox did not drain within five minutes');
      await sender.deliver(cosigned('retried', { failTimes: 2 }));
      await pause(100);
      findings.check(await ground.drained(30_000), 'the retried event was not done within 30 s');
      over = true;
      await fleet.terminate();
      await supervised;
      await ground.judge(findings, {
        acknowledged: sender.acknowledged,
        effects: new Set(neighbours.slice(0, 6)),
        runs: new Set(neighbours.slice(6)),
        exactRuns: new Map([
          ['first:retried', 1],
          ['second:retried', 3],
        ]),
        dead: killers,
      });
      await checkEnds(ground, killers, findings);
      for (const error of [...fleet.unhandled(), ...sender.wrong]) findings.wrong(error);
      // Three of each alone; before and between them, those when others ran beside them.
      findings.check(deaths >= 7 && deaths <= 12, `two killers made ${deaths} deaths`);
      findings.figure('killers', killers.size);
      findings.figure('neighbours', neighbours.length);
      findings.figure('deaths', deaths);
    } finally {
      over = true;
      await fleet.kill();
      sender.close();
      await ground.close();
    }
  },
};

async function checkEnds(
  ground: Ground,
  killers: ReadonlySet<string>,
  findings: World['findings'],
): Promise<void> {
  for (const event of await storedEvents(ground.store)) {
    const text = event.body?.toString() ?? '';
    const killer = [...killers].find((name) => text.includes(`"${name}"`));
    if (killer === undefined) {
      findings.check(event.stalledCount === 0, `a neighbour counts ${event.stalledCount} deaths`);
    } else {
      findings.check(
        event.state === 'dead' && event.reason === 'killed-process' && event.stalledCount === 3,
        `${killer} is ${event.state} (${event.reason}) with ${event.stalledCount} deaths`,
      );
    }
  }
}
