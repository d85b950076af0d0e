import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { createUser, networkFaults, serverFaults, type Fault } from './database-faults.js';
import { completion, violation } from './deliveries.js';
import { Lock } from './effects.js';
import { Fleet } from './fleet.js';
import { Ground } from './ground.js';
import { Proxy } from './proxy.js';
import type { Scenario, World } from './scenario.js';
import { Sender, type Delivery } from './sender.js';

const INGEST_TIMEOUT = 1_000;
/** A busy machine may be late, but not without bound. */
const BOUND = INGEST_TIMEOUT + 3_000;
const APP_POOL = 4;
const WORKER = {
  lease: 2_000,
  pollInterval: 100,
  // As many as there are connections: handlers may use up the application's pool.
  transactions: APP_POOL,
  retry: { delay: 100, factor: 1, jitter: 0.9, attempts: 1_000 },
};

/** The database goes away in every way that it can, under load; the process has to live through it. */
export const network: Scenario = {
  name: 'database-faults',
  about: 'the database is slow, silent, restarted, cut off in mid-commit, read-only, full, locked',
  databases: ['postgres', 'mariadb'],
  async run(world: World, kind: DatabaseKind) {
    const { findings, random, short } = world;
    const ground = await Ground.create(kind);
    const role = await createUser(ground);
    const { proxy, url } = await Proxy.before(role.url);
    const fleet = new Fleet();
    const sender = new Sender(fleet.ports, random);
    const load = new Load(sender);
    try {
      const replica = fleet.start({
        ...ground.replica,
        url,
        name: 'replica',
        worker: WORKER,
        ingestTimeout: INGEST_TIMEOUT,
        appPool: APP_POOL,
      });
      if (!(await replica.ready())) throw new Error('The replica does not start.');
      load.start();
      await pause(300);
      const faults = [...networkFaults(proxy), ...serverFaults(ground, proxy, role.user)];
      for (const fault of faults) await live(fault, load, world);
      const cuts = await cutCommits(proxy, kind, short ? 12 : 100);
      await deadlocks(load, short ? 3 : 30);
      await load.stop();
      findings.check(await ground.drained(60_000), 'the inbox did not drain within a minute');
      await starvation(load, replica.port ?? 0, world);
      findings.check(await ground.drained(60_000), 'the inbox did not drain after the starvation');
      findings.check(!replica.exited, 'the process has exited');
      await checkLocks(ground, load, world);
      await fleet.terminate();
      const { acknowledged } = sender;
      await ground.judge(findings, { acknowledged, effects: load.effects, runs: load.runs });
      for (const error of [...fleet.unhandled(), ...sender.wrong]) findings.wrong(error);
      findings.figure('faults', faults.length);
      findings.figure('commits cut off', cuts);
      findings.figure('events', acknowledged.size);
      findings.figure('times 503', sender.statuses.get(503) ?? 0);
      findings.figure('ms the slowest answer', Math.round(sender.slowest));
    } finally {
      await fleet.kill();
      sender.close();
      await proxy.close();
      await role.drop();
      await ground.close();
    }
  },
};

/** Events at a steady pace, until stopped. */
class Load {
  readonly effects = new Set<string>();
  readonly runs = new Set<string>();
  private readonly underway = new Set<Promise<void>>();
  private ended = false;
  private pacing: Promise<void> | undefined;
  private count = 0;

  constructor(readonly sender: Sender) {}

  start(): void {
    this.pacing = this.pace();
  }

  /** Sent again until it is answered 2xx. */
  send(delivery: Delivery, kind: 'effects' | 'runs'): Promise<void> {
    this[kind].add(delivery.name);
    const sent = this.sender.deliver(delivery).finally(() => this.underway.delete(sent));
    this.underway.add(sent);
    return sent;
  }

  next(): Delivery {
    this.count += 1;
    return violation(`load-${this.count}`);
  }

  async stop(): Promise<void> {
    this.ended = true;
    await this.pacing;
    await Promise.all(this.underway);
  }

  private async pace(): Promise<void> {
    for (let turn = 0; !this.ended; turn += 1) {
      if (this.underway.size < 40) {
        if (turn % 3 === 0) void this.send(completion(`job-${turn}`), 'runs');
        else void this.send(this.next(), 'effects');
      }
      await pause(15);
    }
  }
}

/** While it lasts every answer comes in bounded time; after it the first 200 does. */
async function live(fault: Fault, load: Load, { findings }: World): Promise<void> {
  const { sender } = load;
  const port = (await readyPort(load)) ?? 0;
  await fault.begin();
  // The first ones may have been on their way.
  const until = Date.now() + 1_800;
  while (Date.now() < until) {
    const delivery = load.next();
    const answer = await sender.post(port, delivery.path, delivery.request);
    if (answer.status === 200) {
      sender.acknowledged.add(delivery.name);
      load.effects.add(delivery.name);
    }
    const allowed = fault.outage ? [503] : [200, 503];
    findings.check(
      allowed.includes(answer.status),
      `${fault.name}: answered ${answer.status} after ${Math.round(answer.took)} ms`,
    );
    findings.check(
      answer.took < BOUND,
      `${fault.name}: an answer took ${Math.round(answer.took)} ms`,
    );
    // Whether it was stored is not known to its sender, who sends it again.
    if (answer.status !== 200) void load.send(delivery, 'effects');
  }
  await fault.end();
  const ended = performance.now();
  await load.send(load.next(), 'effects');
  const took = performance.now() - ended;
  findings.check(took < 8_000, `${fault.name}: recovered only after ${Math.round(took)} ms`);
}

async function readyPort(load: Load): Promise<number | undefined> {
  await load.send(load.next(), 'effects');
  return load.sender.somePort();
}

/** The line is cut after COMMIT was sent: of ingest, of settles, of claims and of handlers, as it comes. */
async function cutCommits(proxy: Proxy, kind: DatabaseKind, times: number): Promise<number> {
  // On PostgreSQL an insert is one statement, which commits by itself.
  const texts = kind.name === 'postgres' ? ['INSERT INTO "armox', 'COMMIT', 'UPDATE'] : ['COMMIT'];
  for (let time = 0; time < times; time += 1) {
    proxy.cutAfter(texts[time % texts.length] as string);
    const until = Date.now() + 1_000;
    while (proxy.cuts <= time && Date.now() < until) await pause(10);
    await pause(120);
  }
  return proxy.cuts;
}

/** Pairs of handlers that lock the same two rows in opposite orders. */
async function deadlocks(load: Load, pairs: number): Promise<void> {
  for (let pair = 0; pair < pairs; pair += 1) {
    await Promise.all([
      load.send(violation(`lock-${pair}-ab`, { locks: ['a', 'b'] }), 'effects'),
      load.send(violation(`lock-${pair}-ba`, { locks: ['b', 'a'] }), 'effects'),
    ]);
  }
}

async function checkLocks(ground: Ground, load: Load, { findings }: World): Promise<void> {
  const expected = [...load.effects].filter((name) => name.startsWith('lock-')).length;
  for (const { name, counted } of await ground.dataSource.getRepository(Lock).find()) {
    if (counted > expected) findings.doubled(`lock ${name}`, `${counted} for ${expected}`);
    if (counted < expected) findings.lost(`lock ${name}`, `${counted} of ${expected}`);
  }
}

/** Handlers hold every connection of the application's pool; events are committed all the same. */
async function starvation(load: Load, port: number, { findings }: World): Promise<void> {
  await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      load.send(violation(`holder-${index}`, { hold: 2_500 }), 'effects'),
    ),
  );
  // Until the first of them have begun.
  await pause(400);
  for (let time = 0; time < 20; time += 1) {
    const delivery = load.next();
    const answer = await load.sender.post(port, delivery.path, delivery.request);
    if (answer.status === 200) {
      load.sender.acknowledged.add(delivery.name);
      load.effects.add(delivery.name);
    }
    findings.check(answer.status === 200, `starved: answered ${answer.status}`);
    await pause(40);
  }
}
