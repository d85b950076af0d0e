import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ArmaloClient,
  ArmaloEvalFeed,
  ArmaloScoreFeed,
  ArmaloWatch,
  WatchStore,
} from '../../lib/sources/armalo/index.js';
import { ArmoxClient, ArmoxJobFeed, ArmoxJobs, JobStore } from '../../lib/sources/armox/index.js';
import type { EventFeed, SourceEvent } from '../../lib/core/index.js';
import { DeliveryHealth } from '../../lib/reconcile/index.js';
import {
  ArmaloSandbox,
  ArmoxSandbox,
  seededRandom,
  type ApiFaults,
  type ArmoxSandboxOptions,
} from '../../lib/testing/index.js';
import { describeOn, testDatabase } from '../databases.js';
import { clientOptions, handleAll, SOURCES, stage, type Replica } from './world.js';

const [armox, armalo] = SOURCES as [(typeof SOURCES)[number], (typeof SOURCES)[number]];
const VIDEO = { modelId: 'sandbox/video', input: { prompt: 'a hat' } };
const SECOND = 1_000;

const postgres = await testDatabase('postgres');

describeOn(postgres, 'The poller at work', () => {
  const its = stage(postgres);
  const stopping: (() => Promise<unknown>)[] = [];
  let replica: Replica;

  beforeEach(async () => {
    replica = await its.replica();
  });
  afterEach(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop();
    await its.clear();
    its.world.advance(600 * SECOND);
  });

  async function armoxSandbox(options: ArmoxSandboxOptions): Promise<ArmoxSandbox> {
    const sandbox = new ArmoxSandbox({ timers: its.world, random: seededRandom(3), ...options });
    await sandbox.start();
    stopping.push(() => sandbox.stop());
    return sandbox;
  }

  function armoxActors(sandbox: ArmoxSandbox, on: Replica, webhookUrl?: string) {
    const client = new ArmoxClient(clientOptions(its.world, sandbox));
    const store = new JobStore(on.parts);
    const { inbox, store: inboxStore, log } = on;
    const jobs = new ArmoxJobs({ client, store, inboxStore, inbox, source: armox, webhookUrl });
    const feed = new ArmoxJobFeed({ client, store, source: armox, logger: log, random: () => 0.5 });
    stopping.push(async () => jobs.onModuleDestroy());
    return { jobs, feed };
  }

  async function armaloActors(sandbox: ArmaloSandbox, on: Replica, every: number) {
    const client = new ArmaloClient(clientOptions(its.world, sandbox));
    const store = new WatchStore(on.parts);
    const common = { client, store, source: armalo, clock: its.world, logger: on.log, every };
    const feeds = { ...common, random: () => 0.5 };
    return {
      watch: new ArmaloWatch(store),
      feeds: [new ArmaloScoreFeed(feeds), new ArmaloEvalFeed(feeds)] as readonly EventFeed[],
    };
  }

  const gets = (sandbox: ArmoxSandbox): number =>
    Object.entries(sandbox.calls.byRoute).reduce(
      (sum, [route, calls]) => (route.startsWith('GET') ? sum + calls : sum),
      0,
    );

  it('ten waves of 100 jobs without webhooks reach their handler once, at no more than 60 calls', async () => {
    const sandbox = await armoxSandbox({ faults: { drop: 1 }, rateLimit: 60 });
    const { jobs, feed } = armoxActors(sandbox, replica, 'http://127.0.0.1:9/armox');
    const reconciler = replica.reconciler([feed]);
    const handled: string[] = [];
    const lap = async (): Promise<void> => {
      await reconciler.reconcileNow();
      handled.push(...(await handleAll(replica.store)));
    };
    for (let wave = 0; wave < 10; wave += 1) {
      for (let made = 0; made < 100; made += 1) await jobs.run(VIDEO);
      for (let round = 0; round < 6; round += 1) {
        its.world.advance(10 * SECOND);
        await lap();
      }
    }
    for (let round = 0; round < 60; round += 1) {
      its.world.advance(10 * SECOND);
      await lap();
    }
    expect(handled).toHaveLength(1_000);
    expect(new Set(handled).size).toBe(1_000);
    report(`ten waves of 100 jobs: ${gets(sandbox)} calls`);
    expect(gets(sandbox)).toBeLessThanOrEqual(60);
    expect(sandbox.calls.violations).toBe(0);
  });

  it('1,000 jobs open at once reach their handler once, at no more than 1,200 calls', async () => {
    const sandbox = await armoxSandbox({ faults: { drop: 1 }, rateLimit: 60, lifecycle: 'manual' });
    const { jobs, feed } = armoxActors(sandbox, replica, 'http://127.0.0.1:9/armox');
    for (let made = 0; made < 1_000; made += 1) await jobs.run(VIDEO);
    for (const { id } of sandbox.jobs) sandbox.complete(id);
    const reconciler = replica.reconciler([feed]);
    const handled: string[] = [];
    let rounds = 0;
    while (handled.length < 1_000 && rounds < 400) {
      rounds += 1;
      its.world.advance(10 * SECOND);
      await reconciler.reconcileNow();
      handled.push(...(await handleAll(replica.store)));
    }
    expect(new Set(handled).size).toBe(1_000);
    expect(handled).toHaveLength(1_000);
    report(`1,000 jobs at once: ${gets(sandbox)} calls in ${Math.round(rounds / 6)} minutes`);
    expect(gets(sandbox)).toBeLessThanOrEqual(1_200);
    expect(sandbox.calls.violations).toBe(0);
  });

  it('200 evaluations without webhooks reach their handler once, below 60 calls a minute', async () => {
    const sandbox = new ArmaloSandbox({
      timers: its.world,
      random: seededRandom(4),
      faults: { drop: 1 },
      plan: 'free',
    });
    await sandbox.start();
    stopping.push(() => sandbox.stop());
    const { watch, feeds } = await armaloActors(sandbox, replica, 60 * SECOND);
    const agents = ['a', 'b', 'c', 'd'];
    for (const agent of agents) await watch.watch(agent, { scores: false });
    const reconciler = replica.reconciler(feeds);
    const handled: string[] = [];
    let minutes = 0;
    for (let made = 0; made < 200 || handled.length < 200; minutes += 1) {
      for (const agent of agents) {
        for (let each = 0; each < 10 && made < 200; each += 1, made += 1) sandbox.createEval(agent);
      }
      for (let round = 0; round < 6; round += 1) {
        its.world.advance(10 * SECOND);
        await reconciler.reconcileNow();
        handled.push(...(await handleAll(replica.store)));
      }
      expect(minutes).toBeLessThan(20);
    }
    expect(handled).toHaveLength(200);
    expect(new Set(handled).size).toBe(200);
    report(`200 evaluations: ${sandbox.calls.total} calls in ${minutes} minutes`);
    expect(sandbox.calls.total / minutes).toBeLessThan(60);
    expect(sandbox.calls.violations).toBe(0);
  });

  it('webhooks dropped, doubled and late, on three replicas: effects are events, and one replica polls', async () => {
    const faults = { drop: 0.3, double: 0.3, delay: { share: 0.7, longest: 240 * SECOND } };
    const replicas = [replica, await its.replica(), await its.replica()];
    const url = await its.receive(replicas);
    const sandbox = await armoxSandbox({
      faults,
      rateLimit: 240,
      notify: ['completed', 'failed'],
      lifecycle: { failShare: 0.2 },
    });
    const trust = new ArmaloSandbox({ timers: its.world, random: seededRandom(5) });
    await trust.start();
    stopping.push(() => trust.stop());
    trust.subscribe(`${url}/armalo`, ['score.changed', 'eval.completed']);
    let polling = 0;
    let together = 0;
    const counted = (feed: EventFeed): EventFeed => ({
      ...{ name: feed.name, source: feed.source, account: feed.account },
      async *poll(signal): AsyncGenerator<readonly SourceEvent[]> {
        polling += feed.source === 'armox' ? 1 : 0;
        together = Math.max(together, polling);
        try {
          yield* feed.poll(signal);
        } finally {
          polling -= feed.source === 'armox' ? 1 : 0;
        }
      },
    });
    const actors = await Promise.all(
      replicas.map(async (each) => {
        const { jobs, feed } = armoxActors(sandbox, each, `${url}/armox`);
        const { watch, feeds } = await armaloActors(trust, each, 10 * SECOND);
        return { jobs, watch, reconciler: each.reconciler([feed, ...feeds].map(counted)) };
      }),
    );
    const agents = ['a', 'b', 'c'];
    for (const agent of agents) {
      trust.setScore(agent, 100);
      await actors[0]?.watch.watch(agent);
    }
    await trust.settled();
    await Promise.all(actors.map(({ reconciler }) => reconciler.reconcileNow()));
    await Promise.all(replicas.map(({ store }) => handleAll(store)));
    trust.faults = faults;
    const expected: string[] = [];
    const handled: string[] = [];
    const lap = async (): Promise<void> => {
      its.world.advance(10 * SECOND);
      await Promise.all(actors.map(({ reconciler }) => reconciler.reconcileNow()));
      const rows = await Promise.all(replicas.map(({ store }) => handleAll(store)));
      handled.push(...rows.flat());
    };
    for (let step = 0; step < 20; step += 1) {
      for (const { jobs } of actors) await jobs.run(VIDEO);
      for (const agent of agents) {
        trust.setScore(agent, 101 + step);
        expected.push(`${agent}=${101 + step}`, `eval.completed:${trust.createEval(agent).id}`);
      }
      // Each score is seen by the poller at least once before the next.
      for (let round = 0; round < 3; round += 1) await lap();
    }
    for (let round = 0; round < 60; round += 1) await lap();
    await Promise.all([sandbox.settled(), trust.settled()]);
    await lap();
    expected.push(...sandbox.jobs.map(({ id, status }) => `${id}:${status}`));
    expect(sandbox.jobs).toHaveLength(60);
    expect(handled.sort()).toEqual(expected.sort());
    expect(together).toBe(1);
    expect(sandbox.calls.violations + trust.calls.violations).toBe(0);
    const [health] = await new DeliveryHealth(replica.parts, ['armox']).read();
    expect(health?.webhooks).toBeGreaterThan(0);
    expect(health?.repaired).toBeGreaterThan(0);
    expect(health?.repairedShare).toBeCloseTo(
      (health?.repaired ?? 0) / ((health?.repaired ?? 0) + (health?.webhooks ?? 0)),
    );
  });

  it('the replica that polls is killed: another goes on within one lease, and no sooner', async () => {
    const sandbox = await armoxSandbox({ faults: { drop: 1 }, lifecycle: 'manual' });
    const { jobs, feed } = armoxActors(sandbox, replica, 'http://127.0.0.1:9/armox');
    const other = await its.replica();
    const killed = replica.reconciler([feed]);
    const heir = other.reconciler([armoxActors(sandbox, other).feed]);
    await killed.reconcileNow();
    const { id } = await jobs.run(VIDEO);
    sandbox.complete(id);
    its.world.advance(29 * SECOND);
    expect(await heir.reconcileNow()).toEqual({ feeds: [], elsewhere: ['armox/'] });
    its.world.advance(2 * SECOND);
    expect((await heir.reconcileNow()).feeds).toMatchObject([{ found: 1, repaired: 1 }]);
    expect(await handleAll(other.store)).toEqual([`${id}:completed`]);
    expect((await killed.reconcileNow()).elsewhere).toEqual(['armox/']);
    await heir.stop();
    expect((await killed.reconcileNow()).elsewhere).toEqual([]);
  });

  it('a poller whose lease is lost during a round stops there', async () => {
    const other = await its.replica();
    let held: (() => void) | undefined;
    const slow: EventFeed = {
      name: 'slow',
      source: 'armox',
      account: '',
      // eslint-disable-next-line require-yield
      async *poll(signal) {
        await new Promise<void>((resolve) => {
          held = resolve;
          signal.addEventListener('abort', () => resolve());
        });
        signal.throwIfAborted();
      },
    };
    const renewals: (() => void)[] = [];
    const timers = {
      now: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          renewals.push(resolve);
          signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }),
      after: () => () => undefined,
    };
    const round = replica.reconciler([slow], { timers }).reconcileNow();
    while (!held) await new Promise((resolve) => setImmediate(resolve));
    its.world.advance(31 * SECOND);
    expect((await other.reconciler([]).reconcileNow()).feeds).toEqual([]);
    expect(await other.store.holdLeaderLock('reconcile:armox:', 'other', 30 * SECOND)).toBe(true);
    renewals[0]?.();
    expect((await round).feeds).toMatchObject([{ outcome: 'failed' }]);
  });

  describe('a service in trouble', () => {
    const storms: readonly (readonly [string, ApiFaults])[] = [
      ['429', { tooManyRequests: 1, retryAfter: 60 }],
      ['429 without Retry-After', { tooManyRequests: 1, retryAfter: null }],
      ['500', { serverError: 1 }],
      ['HTML error pages', { htmlPage: 1 }],
      ['cut connections', { cut: 1 }],
      ['wrong JSON', { wrongJson: 1 }],
      ['half a JSON text', { brokenJson: 1 }],
      ['an endless redirect', { endlessRedirect: 1 }],
    ];

    it.each(storms)(
      '%s: few calls, few lines, and nothing lost when it is over',
      async (name, apiFaults) => {
        const sandbox = await armoxSandbox({
          faults: { drop: 1 },
          lifecycle: 'manual',
          rateLimit: 240,
        });
        const { jobs, feed } = armoxActors(sandbox, replica, 'http://127.0.0.1:9/armox');
        for (let made = 0; made < 30; made += 1) await jobs.run(VIDEO);
        for (const { id } of sandbox.jobs) sandbox.complete(id);
        sandbox.apiFaults = apiFaults;
        const reconciler = replica.reconciler([feed]);
        const lines = replica.log.lines.length;
        const calls = gets(sandbox);
        // Ten minutes of storm.
        for (let round = 0; round < 60; round += 1) {
          its.world.advance(10 * SECOND);
          await reconciler.reconcileNow();
        }
        expect(await handleAll(replica.store)).toEqual([]);
        const spent = gets(sandbox) - calls;
        const said = replica.log.lines.length - lines;
        report(`ten minutes of ${name}: ${spent} calls, ${said} lines`);
        expect(spent).toBeLessThanOrEqual(60);
        expect(said).toBeLessThanOrEqual(12);
        sandbox.apiFaults = {};
        const handled: string[] = [];
        for (let round = 0; round < 60 && handled.length < 30; round += 1) {
          its.world.advance(10 * SECOND);
          await reconciler.reconcileNow();
          handled.push(...(await handleAll(replica.store)));
        }
        expect(handled.sort()).toEqual(sandbox.jobs.map(({ id }) => `${id}:completed`).sort());
      },
    );

    it('every call failing by half in every way: all is found all the same', async () => {
      const sandbox = await armoxSandbox({
        faults: { drop: 1 },
        lifecycle: 'manual',
        rateLimit: 240,
      });
      const { jobs, feed } = armoxActors(sandbox, replica, 'http://127.0.0.1:9/armox');
      for (let made = 0; made < 150; made += 1) await jobs.run(VIDEO);
      for (const { id } of sandbox.jobs) sandbox.complete(id);
      sandbox.apiFaults = {
        tooManyRequests: 0.05,
        serverError: 0.1,
        htmlPage: 0.1,
        cut: 0.1,
        wrongJson: 0.1,
        brokenJson: 0.05,
        endlessRedirect: 0.05,
        retryAfter: 20,
      };
      const reconciler = replica.reconciler([feed]);
      const handled: string[] = [];
      let rounds = 0;
      while (handled.length < 150 && rounds < 2_000) {
        rounds += 1;
        its.world.advance(10 * SECOND);
        await reconciler.reconcileNow();
        handled.push(...(await handleAll(replica.store)));
      }
      expect(new Set(handled).size).toBe(150);
      expect(handled).toHaveLength(150);
      report(
        `half of all calls failing: 150 jobs in ${Math.round(rounds / 6)} minutes, ${gets(sandbox)} calls`,
      );
    });
  });
});

/** The numbers are what these tests are read for. */
function report(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
