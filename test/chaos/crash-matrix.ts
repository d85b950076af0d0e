import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { completion, violation } from './deliveries.js';
import { Run } from './effects.js';
import { Fleet, type Replica } from './fleet.js';
import { Ground } from './ground.js';
import type { Crash, CrashAction, CrashPoint } from './replica.options.js';
import type { Scenario, World } from './scenario.js';
import { Sender, type Delivery } from './sender.js';

const LEASE = 1_000;
const WORKER = {
  lease: LEASE,
  pollInterval: 50,
  maxStalledCount: 1_000,
  retry: { delay: 20, factor: 1, attempts: 1_000 },
};

const INGEST: readonly CrashPoint[] = ['before-insert', 'after-insert'];
const EITHER: readonly CrashPoint[] = [
  'after-claim',
  'before-handler',
  'after-handler',
  'before-failure',
];
/** A transactional handler ends its event in its own commit. */
const SETTLE: readonly CrashPoint[] = ['before-settle', 'after-settle'];
const TRANSACTION: readonly CrashPoint[] = ['before-commit', 'after-commit'];
const DATABASES: readonly DatabaseKind['name'][] = ['sqlite', 'postgres', 'mariadb'];
const ACTIONS: readonly CrashAction[] = ['throw', 'stop', 'kill'];

interface Case extends Crash {
  readonly handler: 'transactional' | 'plain';
}

function cases(): readonly Case[] {
  const found: Case[] = [];
  for (const action of ACTIONS) {
    for (const point of [...INGEST, ...EITHER, ...TRANSACTION]) {
      found.push({ point, action, handler: 'transactional' });
    }
    for (const point of [...EITHER, ...SETTLE]) found.push({ point, action, handler: 'plain' });
  }
  return found;
}

/**
 * One process throws, stops for longer than the lease, or dies at each place where that could do
 * harm; another one has to finish its event, and the first, where it comes back, must not disturb.
 */
export const crashMatrix: Scenario = {
  name: 'crash-points',
  about: 'throw, stop beyond the lease, SIGKILL at every named point, for both kinds of handler',
  databases: DATABASES,
  async run(world: World, kind: DatabaseKind) {
    const { findings, random } = world;
    const ground = await Ground.create(kind);
    const fleet = new Fleet();
    const start = (name: string) =>
      fleet.start({ ...ground.replica, name, idle: true, worker: WORKER, ingestTimeout: 1_000 });
    const sender = new Sender(fleet.ports, random, 2_000);
    const effects = new Set<string>();
    const runs = new Set<string>();
    const survivor = start('survivor');
    let victim = start('victim');
    let next = start('victim');
    try {
      await survivor.ready();
      const share = DATABASES.indexOf(kind.name);
      // What ends or stops the process takes a second each: in the short form the databases share them.
      const all = cases().filter(
        ({ action }, index) => !world.short || action === 'throw' || index % 3 === share,
      );
      for (const each of all) {
        const name = `${each.handler}-${each.point}-${each.action}`;
        (each.handler === 'plain' ? runs : effects).add(name);
        await victim.ready();
        await carryOut(each, eventFor(each, name), { victim, survivor, ground, sender, world });
        if (each.action === 'kill') {
          victim = next;
          next = start('victim');
        }
      }
      findings.check(await ground.drained(30_000), 'the inbox did not drain within 30 s');
      await fleet.terminate();
      await ground.judge(findings, { acknowledged: sender.acknowledged, effects, runs });
      for (const error of [...fleet.unhandled(), ...sender.wrong]) findings.wrong(error);
      await checkRuns(ground, world);
      findings.figure('crashes', all.length);
    } finally {
      await fleet.kill();
      sender.close();
      await ground.close();
    }
  },
};

const eventFor = ({ handler, point }: Case, name: string): Delivery => {
  const asked = point === 'before-failure' ? { failTimes: 1 } : {};
  return handler === 'plain' ? completion(name, asked) : violation(name, asked);
};

interface Stage {
  readonly victim: Replica;
  readonly survivor: Replica;
  readonly ground: Ground;
  readonly sender: Sender;
  readonly world: World;
}

async function carryOut(each: Case, delivery: Delivery, stage: Stage): Promise<void> {
  const { victim, survivor, ground, sender, world } = stage;
  const { action, point } = each;
  victim.tell({ type: 'crash', crash: { point, action } });
  victim.tell({ type: 'work' });
  const crashed = victim.crashes();
  // The first delivery comes to the victim; whatever the sender tries after the crash, to either.
  const delivered = (async () => {
    const answer = await sender.post(victim.port ?? 0, delivery.path, delivery.request);
    if (answer.status === 200) sender.acknowledged.add(delivery.name);
    else await sender.deliver(delivery);
  })();
  const reached = await Promise.race([crashed, pause(10_000).then(() => undefined)]);
  world.findings.check(reached === point, `${delivery.name}: its point was not reached`);
  survivor.tell({ type: 'work' });
  if (action === 'kill') await victim.gone;
  if (action === 'stop') {
    // Where it stopped with the row locked nobody else can have the event, and should not.
    await pause(LEASE * 1.3);
    await ground.drained(LEASE * 1.2);
    victim.signal('SIGCONT');
  }
  await delivered;
  world.findings.check(await ground.drained(20_000), `${delivery.name}: not finished in 20 s`);
  // What the victim does when it comes back is part of the case.
  if (action === 'stop') await pause(150);
  await survivor.rest();
  if (action !== 'kill') await victim.rest();
}

/** A plain handler may run again after a crash: once more, and not again when the first one comes back. */
async function checkRuns(ground: Ground, { findings }: World): Promise<void> {
  for (const [name, count] of await ground.tally(Run)) {
    findings.check(count <= 2, `${name}: the plain handler ran ${count} times`);
  }
}
