import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { completion, cosigned, violation } from './deliveries.js';
import { Fleet, type Replica } from './fleet.js';
import { Ground } from './ground.js';
import type { Scenario, World } from './scenario.js';
import { Sender } from './sender.js';

const HOUR = 3_600_000;
const SIZE = 3;
const retry = { delay: 50, factor: 1 };
/** Nobody dies and nobody stalls: no lease may change hands, whatever the clocks say. */
const CALM = { lease: 4_000, pollInterval: 100, retry };
const SHORT_LEASE = { lease: 1_000, pollInterval: 100, maxStalledCount: 1_000, retry };

/** A deploy under load, clocks that are wrong, and processes that stop for longer than their leases. */
export const replicas: Scenario = {
  name: 'replicas',
  about: 'rolling restarts, clocks apart by an hour, processes stopped beyond their leases',
  databases: ['postgres', 'mariadb'],
  async run(world: World, kind: DatabaseKind) {
    const { findings, random, short } = world;
    const ground = await Ground.create(kind);
    const fleet = new Fleet();
    const sender = new Sender(fleet.ports, random);
    const effects = new Set<string>();
    const runs = new Set<string>();
    const exactRuns = new Map<string, number>();
    const send = async (prefix: string, from: number, to: number): Promise<void> => {
      for (let index = from; index < to; index += 1) {
        const name = `${prefix}-${index}`;
        if (index % 3 === 0) {
          runs.add(name);
          if (prefix === 'calm') exactRuns.set(name, 1);
          await sender.deliver(completion(name));
        } else {
          effects.add(name);
          await sender.deliver(violation(name));
        }
        await pause(random.below(10));
      }
    };
    const load = (prefix: string, count: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 8 }, (_, lane) =>
          send(prefix, (count / 8) * lane, (count / 8) * (lane + 1)),
        ),
      );
    try {
      const rounds = short ? 1 : 10;
      const restarts = await rollingRestart(world, ground, fleet, rounds, () =>
        load('calm', 480 * rounds),
      );
      await sender.deliver(cosigned('retried', { failTimes: 2 }));
      exactRuns.set('first:retried', 1).set('second:retried', 3);
      // Longer than the lease, which the heartbeat extends.
      await sender.deliver(completion('slow', { hold: 6_000 }));
      exactRuns.set('slow', 1);
      findings.check(await ground.drained(60_000), 'not drained after the restarts');
      await fleet.terminate();

      const stops = await stopAndGo(world, ground, fleet, short ? 2 : 40, (count) =>
        load('stopped', count * 120),
      );
      findings.check(await ground.drained(60_000), 'not drained after the stops');
      await fleet.terminate();
      await ground.judge(findings, { acknowledged: sender.acknowledged, effects, runs, exactRuns });
      for (const error of [...fleet.unhandled(), ...sender.wrong]) findings.wrong(error);
      findings.figure('events', sender.acknowledged.size);
      findings.figure('rolling restarts', restarts);
      findings.figure('stops', stops);
    } finally {
      await fleet.kill();
      sender.close();
      await ground.close();
    }
  },
};

/** SIGTERM to one after the other, each replaced by a new one; two of three clocks are an hour off. */
async function rollingRestart(
  { findings }: World,
  ground: Ground,
  fleet: Fleet,
  rounds: number,
  load: () => Promise<unknown>,
): Promise<number> {
  const start = (index: number): Replica =>
    fleet.start({
      ...ground.replica,
      name: `calm-${index}`,
      worker: CALM,
      clockShift: (index - 1) * HOUR,
      handlerTime: 20,
    });
  const running = Array.from({ length: SIZE }, (_, index) => start(index));
  for (const replica of running) await replica.ready();
  const loaded = load();
  let restarts = 0;
  for (let turn = 0; turn < rounds * SIZE; turn += 1) {
    await pause(300);
    const index = turn % SIZE;
    const code = await (running[index] as Replica).terminate();
    findings.check(code === 0 || code === null, `a drained replica exited with ${code}`);
    const next = start(index);
    running[index] = next;
    await next.ready();
    restarts += 1;
  }
  await loaded;
  return restarts;
}

/** SIGSTOP for longer than the lease in the middle of handlers, then SIGCONT. */
async function stopAndGo(
  { random }: World,
  ground: Ground,
  fleet: Fleet,
  times: number,
  load: (count: number) => Promise<unknown>,
): Promise<number> {
  const running = Array.from({ length: SIZE }, (_, index) =>
    fleet.start({
      ...ground.replica,
      name: `stopped-${index}`,
      worker: SHORT_LEASE,
      handlerTime: 30,
    }),
  );
  for (const replica of running) await replica.ready();
  const loaded = load(times);
  for (let time = 0; time < times; time += 1) {
    const victim = random.pick(running) as Replica;
    await pause(100 + random.below(200));
    victim.signal('SIGSTOP');
    await pause(2_200);
    victim.signal('SIGCONT');
  }
  await loaded;
  return times;
}
