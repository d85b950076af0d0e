import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  ArmaloClient,
  ArmaloEscrowFeed,
  ArmaloEvalFeed,
  ArmaloScoreFeed,
  ArmaloWatch,
  WatchStore,
} from '../../lib/sources/armalo/index.js';
import type { Reconciler } from '../../lib/reconcile/index.js';
import { ArmaloSandbox, ManualTimers, seededRandom } from '../../lib/testing/index.js';
import { availableDatabases, describeOn } from '../databases.js';
import { clientOptions, handleAll, SOURCES, stage, type Replica } from './world.js';
import { storedEvents } from '../event.lists.js';

const source = SOURCES[1] as (typeof SOURCES)[number];

for (const kind of await availableDatabases()) {
  describeOn(kind, 'What is watched on Armalo', () => {
    const its = stage(kind);
    let sandbox: ArmaloSandbox;
    let replica: Replica;
    let watch: ArmaloWatch;
    let reconciler: Reconciler;
    /** How far our clock is ahead of Armalo's, in milliseconds. */
    let ahead = 0;

    beforeAll(async () => {
      replica = await its.replica();
      sandbox = await new ArmaloSandbox({
        timers: its.world,
        random: seededRandom(2),
        evals: 'manual',
      }).start();
      sandbox.subscribe(`${await its.receive([replica])}/armalo`);
    });
    beforeEach(() => {
      sandbox.faults = {};
      ahead = 0;
      const client = new ArmaloClient(clientOptions(its.world, sandbox));
      const store = new WatchStore(replica.parts);
      const feeds = {
        client,
        store,
        source,
        clock: { now: () => its.world.now() + ahead },
        logger: replica.log,
        random: () => 0.5,
      };
      watch = new ArmaloWatch(store);
      reconciler = replica.reconciler([
        new ArmaloScoreFeed(feeds),
        new ArmaloEvalFeed(feeds),
        new ArmaloEscrowFeed(feeds),
      ]);
    });
    afterEach(async () => {
      await reconciler.stop();
      await its.clear();
      its.world.advance(600_000);
    });
    afterAll(() => sandbox.stop());

    async function pollAfter(ms = 70_000): Promise<readonly string[]> {
      its.world.advance(ms);
      await reconciler.reconcileNow();
      return handleAll(replica.store);
    }

    async function firstSight(): Promise<void> {
      sandbox.setScore('a1', 800);
      await sandbox.settled();
      await watch.watch('a1');
      await pollAfter();
    }

    it('agents and escrows that are watched are told, with what is known of them', async () => {
      await firstSight();
      await watch.watch('a2', { evals: false });
      await watch.watchEscrow('e1');
      const told = (await reconciler.watched(10)).map(({ feed, subjects }) => [
        feed,
        ...subjects.map(({ id, state, misses }) => ({ id, state, misses })),
      ]);
      expect(told).toEqual([
        [
          'armalo-scores',
          { id: 'a2', state: null, misses: 0 },
          { id: 'a1', state: '800', misses: 0 },
        ],
        ['armalo-evals', { id: 'a1', state: '0 evaluations have ended', misses: 0 }],
        ['armalo-escrow', { id: 'e1', state: null, misses: 0 }],
      ]);
    });

    it('a score is no news at first sight, and is when it has changed', async () => {
      sandbox.faults = { drop: 1 };
      sandbox.setScore('a1', 800);
      await watch.watch('a1');
      expect(await pollAfter()).toEqual([]);
      expect(await pollAfter()).toEqual([]);
      sandbox.setScore('a1', 820);
      its.world.advance(70_000);
      await reconciler.reconcileNow();
      const [event] = await storedEvents(replica.store);
      const { data } = JSON.parse(event?.body?.toString() ?? '') as { data: unknown };
      expect(data).toMatchObject({ agentId: 'a1', compositeScore: 820, previousScore: 800 });
      expect(event).toMatchObject({ name: 'score.changed', origin: 'poll', state: 'open' });
      expect(await handleAll(replica.store)).toEqual(['a1=820']);
      expect(await pollAfter()).toEqual([]);
    });

    it('a score that the webhook has brought is no news to the poller', async () => {
      await firstSight();
      sandbox.setScore('a1', 820);
      await sandbox.settled();
      expect(await pollAfter()).toEqual(['a1=820']);
      expect(await pollAfter()).toEqual([]);
    });

    it('the webhook of a score that the poller has brought ends ignored, also when it comes twice', async () => {
      await firstSight();
      sandbox.faults = { delay: { share: 1, longest: 900_000 }, double: 1 };
      sandbox.setScore('a1', 820);
      expect(await pollAfter()).toEqual(['a1=820']);
      its.world.advance(900_000);
      await sandbox.settled();
      expect(await handleAll(replica.store)).toEqual([]);
      const ignored = await storedEvents(replica.store, { state: 'ignored' });
      expect(ignored).toMatchObject([{ origin: 'webhook', reason: 'reconciled' }]);
    });

    it('two scores between whose webhooks the poller looks are two effects', async () => {
      await firstSight();
      sandbox.faults = { delay: { share: 1, longest: 1_200_000 } };
      sandbox.setScore('a1', 820);
      expect(await pollAfter()).toEqual(['a1=820']);
      sandbox.setScore('a1', 840);
      expect(await pollAfter()).toEqual(['a1=840']);
      its.world.advance(1_200_000);
      await sandbox.settled();
      expect(await handleAll(replica.store)).toEqual([]);
    });

    it('webhook and poll of a score at the same moment are one effect', async () => {
      await watch.watch('a1');
      sandbox.setScore('a1', 700);
      await sandbox.settled();
      await pollAfter();
      for (let score = 701; score < 713; score += 1) {
        its.world.advance(70_000);
        sandbox.setScore('a1', score);
        await Promise.all([sandbox.settled(), reconciler.reconcileNow()]);
        expect(await handleAll(replica.store)).toEqual([`a1=${score}`]);
      }
    });

    it('an older score that comes late is handled, and does not undo what is remembered', async () => {
      await watch.watch('a1');
      sandbox.setScore('a1', 700);
      await pollAfter();
      const late = Buffer.from(
        JSON.stringify({
          event: 'score.changed',
          timestamp: '2020-01-01T00:00:00.000Z',
          data: { agentId: 'a1', compositeScore: 600, previousScore: 590 },
        }),
      );
      await replica.inbox.accept(source.open({ account: '', body: late }), 'webhook');
      expect(await pollAfter()).toEqual(['a1=600']);
      expect(await pollAfter()).toEqual([]);
    });

    it('the ends of evaluations are found once, those before the watch aside', async () => {
      sandbox.faults = { drop: 1 };
      const before = sandbox.createEval('a2');
      sandbox.completeEval(before.id);
      its.world.advance(3_600_000);
      await watch.watch('a2');
      const [done, failed, running] = [1, 2, 3].map(() => sandbox.createEval('a2'));
      its.world.advance(5_000);
      sandbox.completeEval(done?.id ?? '', { passed: false });
      sandbox.failEval(failed?.id ?? '');
      expect([...(await pollAfter())].sort()).toEqual(
        [`eval.completed:${done?.id}`, `eval.failed:${failed?.id}`].sort(),
      );
      sandbox.faults = {};
      sandbox.completeEval(running?.id ?? '');
      await sandbox.settled();
      expect(await pollAfter()).toEqual([`eval.completed:${running?.id}`]);
      expect(await pollAfter()).toEqual([]);
    });

    it.each([
      ['ahead of', 3_600_000],
      ['behind', -3_600_000],
    ])(
      'ends of evaluations are found when the database’s clock is an hour %s Armalo’s',
      async (_name, ahead) => {
        const theirs = new ManualTimers(its.world.now() - ahead);
        const distant = await new ArmaloSandbox({
          timers: theirs,
          random: seededRandom(3),
          evals: 'manual',
        }).start();
        const client = new ArmaloClient(clientOptions(its.world, distant));
        const parts = { client, store: new WatchStore(replica.parts), source, logger: replica.log };
        reconciler = replica.reconciler([new ArmaloEvalFeed({ ...parts, random: () => 0.5 })]);
        const pass = (ms: number): void => {
          its.world.advance(ms);
          theirs.advance(ms);
        };
        distant.completeEval(distant.createEval('a3').id);
        pass(600_000);
        await watch.watch('a3');
        const { id } = distant.createEval('a3');
        pass(5_000);
        distant.completeEval(id);
        pass(5_000);
        await reconciler.reconcileNow();
        expect(await handleAll(replica.store)).toEqual([`eval.completed:${id}`]);
        await distant.stop();
      },
    );

    it('an escrow’s status is one effect by both ways, in either order', async () => {
      const escrow = sandbox.createEscrow(10);
      await watch.watchEscrow(escrow.id);
      expect(await pollAfter()).toEqual([]);
      sandbox.faults = { delay: { share: 1, longest: 300_000 } };
      sandbox.fundEscrow(escrow.id);
      expect(await pollAfter()).toEqual([`${escrow.id}=escrow.funded`]);
      its.world.advance(300_000);
      await sandbox.settled();
      expect(await handleAll(replica.store)).toEqual([]);
      sandbox.faults = {};
      sandbox.releaseEscrow(escrow.id);
      await sandbox.settled();
      expect(await pollAfter()).toEqual([`${escrow.id}=escrow.released`]);
      expect(await pollAfter()).toEqual([]);
    });

    it.each([5_000, -5_000, 3_600_000])(
      'an escrow’s status is one effect with our clock %i ms ahead of Armalo’s',
      async (difference) => {
        ahead = difference;
        const escrow = sandbox.createEscrow(10);
        await watch.watchEscrow(escrow.id);
        await pollAfter();
        sandbox.faults = { drop: 1 };
        sandbox.fundEscrow(escrow.id);
        expect(await pollAfter()).toEqual([`${escrow.id}=escrow.funded`]);
        sandbox.faults = {};
        its.world.advance(3_000);
        sandbox.releaseEscrow(escrow.id);
        await sandbox.settled();
        expect(await handleAll(replica.store)).toEqual([`${escrow.id}=escrow.released`]);
        expect(await pollAfter()).toEqual([]);
        expect(await pollAfter()).toEqual([]);
      },
    );

    it.each([
      ['before', ['disputed', 'released']],
      ['after', ['released', 'disputed']],
    ] as const)(
      'an escrow’s end that the poller found stays one effect when the status before it is told %s its own webhook',
      async (_when, names) => {
        const escrow = sandbox.createEscrow(10);
        const times: Record<string, string> = {};
        const tell = async (name: string) => {
          const event = {
            event: `escrow.${name}`,
            timestamp: times[name],
            data: { escrowId: escrow.id },
          };
          const body = Buffer.from(JSON.stringify(event));
          await replica.inbox.accept(source.open({ account: '', body }), 'webhook');
          return handleAll(replica.store);
        };
        const stamp = (name: string) => (times[name] = new Date(its.world.now()).toISOString());
        await watch.watchEscrow(escrow.id);
        await pollAfter();
        sandbox.faults = { drop: 1 };
        sandbox.fundEscrow(escrow.id);
        stamp('funded');
        expect(await tell('funded')).toEqual([`${escrow.id}=escrow.funded`]);
        its.world.advance(10_000);
        stamp('disputed');
        its.world.advance(10_000);
        sandbox.releaseEscrow(escrow.id);
        stamp('released');
        const effects = [...(await pollAfter())];
        for (const name of names) effects.push(...(await tell(name)), ...(await pollAfter()));
        expect(effects).toEqual([`${escrow.id}=escrow.released`, `${escrow.id}=escrow.disputed`]);
      },
    );

    it('an event that the poller found has Armalo’s time, or none, and never ours', async () => {
      ahead = 3_600_000;
      sandbox.setScore('a1', 800);
      const escrow = sandbox.createEscrow(10);
      await watch.watch('a1');
      await watch.watchEscrow(escrow.id);
      await pollAfter();
      sandbox.faults = { drop: 1 };
      const computedAt = its.world.now();
      sandbox.setScore('a1', 820);
      sandbox.fundEscrow(escrow.id);
      const run = sandbox.createEval('a1');
      sandbox.completeEval(run.id);
      its.world.advance(70_000);
      await reconciler.reconcileNow();
      const events = await storedEvents(replica.store);
      const timeOf = (named: string) => events.find(({ name }) => name === named)?.occurredAt;
      expect(timeOf('score.changed')).toBe(computedAt);
      expect(timeOf('eval.completed')).toBe(computedAt);
      expect(timeOf('escrow.funded')).toBeNull();
    });

    it('a feed whose route is missing is switched off with one warning, and costs no call any more', async () => {
      await watch.watchEscrow('nobody');
      await pollAfter();
      const calls = sandbox.calls.total;
      for (let round = 0; round < 10; round += 1) await pollAfter(60_000);
      expect(sandbox.calls.total).toBe(calls);
      expect(
        replica.log.lines.filter((line) => line.includes('armalo-escrow is switched off')),
      ).toHaveLength(1);
    });

    it('20 agents are looked at within two minutes, at fewer than 60 calls in each', async () => {
      sandbox.faults = { drop: 1 };
      const agents = Array.from({ length: 20 }, (_, index) => `agent-${index}`);
      for (const agent of agents) {
        sandbox.setScore(agent, 500);
        await watch.watch(agent);
      }
      for (let round = 0; round < 12; round += 1) await pollAfter(10_000);
      for (const agent of agents) sandbox.setScore(agent, 501);
      const handled: string[] = [];
      const before = sandbox.calls.total;
      for (let round = 0; round < 12; round += 1) handled.push(...(await pollAfter(10_000)));
      expect(handled.sort()).toEqual(agents.map((agent) => `${agent}=501`).sort());
      expect(sandbox.calls.total - before).toBeLessThan(2 * 60);
      expect(sandbox.calls.violations).toBe(0);
    });

    it('an agent whose event cannot be made does not keep the others from theirs', async () => {
      const open: typeof source.open = (delivery) => {
        if (delivery.body.includes('"b')) throw new Error('identify does not like it');
        return source.open(delivery);
      };
      const client = new ArmaloClient(clientOptions(its.world, sandbox));
      const store = new WatchStore(replica.parts);
      const parts = { client, store, source: { ...source, open }, clock: its.world };
      reconciler = replica.reconciler([
        new ArmaloScoreFeed({ ...parts, logger: replica.log, random: () => 0.5 }),
      ]);
      sandbox.faults = { drop: 1 };
      const agents = ['b1', 'b2', 'b3', 'b4', 'a1'];
      for (const agent of agents) {
        sandbox.setScore(agent, 700);
        await watch.watch(agent);
      }
      await pollAfter();
      for (const agent of agents) sandbox.setScore(agent, 710);
      const lines = replica.log.lines.length;
      expect(await pollAfter()).toEqual(['a1=710']);
      sandbox.setScore('a1', 720);
      expect(await pollAfter()).toEqual(['a1=720']);
      const said = replica.log.lines.slice(lines).filter((line) => line.includes('identify'));
      expect(said).toHaveLength(1);
    });

    it('nothing watched costs no call', async () => {
      const before = sandbox.calls.total;
      await pollAfter();
      expect(sandbox.calls.total).toBe(before);
    });
  });
}
