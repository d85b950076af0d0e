import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { diagnose, type DiagnosticMessages } from '../../lib/core/index.js';
import { InboxAdmin, type ClaimedRow, type NewInboxRow } from '../../lib/inbox/index.js';
import type { AttentionView } from '../../lib/ops/api.types.js';
import { OpsOverview, Statistics } from '../../lib/ops/index.js';
import type { PollerFacts } from '../../lib/ops/overview/overview.facts.js';
import { DeliveryHealth, type FeedStatus } from '../../lib/reconcile/index.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn } from '../databases.js';
import { event, LEASE, settlement } from '../inbox/event.fixtures.js';
import { LogBook } from '../worker/log-book.js';
import { inboxStage } from './inbox-stage.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const SOURCES = ['armalo', 'armox'];

const feed: FeedStatus = {
  ...{ feed: 'armalo.scores', source: 'armalo', account: '' },
  ...{ report: undefined, at: undefined, doneAt: undefined, elsewhere: false },
};
const noPoller: PollerFacts = { feeds: [], nextAt: null, gap: null };

for (const kind of await availableDatabases()) {
  describeOn(kind, 'What needs attention', () => {
    const its = inboxStage(kind);
    let statistics: Statistics;
    let overview: OpsOverview;
    let admin: InboxAdmin;
    let poller: PollerFacts;

    beforeEach(() => {
      const { time, connections } = its;
      const { store, parts } = connections;
      const common = { timers: time, logger: new LogBook() };
      poller = noPoller;
      admin = new InboxAdmin(store);
      statistics = new Statistics({ ...common, store, clock: time });
      statistics.start();
      overview = new OpsOverview({
        ...common,
        sources: SOURCES,
        admin,
        statistics,
        deliveries: new DeliveryHealth(parts, SOURCES),
        poller: () => poller,
      });
    });

    afterEach(() => statistics.stop());

    const attention = async (...kinds: AttentionView['kind'][]) => {
      await its.time.pass(2 * SECOND);
      await statistics.write();
      const view = await overview.read();
      expect(view.database).toBe('up');
      return view.attention.filter(({ kind: one }) => kinds.length === 0 || kinds.includes(one));
    };
    const insert = (count: number, changed: Partial<NewInboxRow> = {}) =>
      its.connections.store.insert(Array.from({ length: count }, () => event(changed)));
    const claimed = async (): Promise<ClaimedRow> =>
      (await its.connections.store.claim(1, LEASE))[0] as ClaimedRow;
    const end = async (outcome: Parameters<typeof settlement>[1]) => {
      const row = await claimed();
      await its.connections.store.settle([settlement(row, outcome)]);
      return row;
    };
    const worker = () => its.connections.store.publishHandlers('worker', [], HOUR);
    const settled = (outcome: DiagnosticMessages['settled']['outcome'], times = 1) => {
      const of = { id: '1', source: 'armalo', account: '', eventId: 'e', name: 'n', attempt: 1 };
      for (let time = 0; time < times; time += 1) {
        diagnose('settled', () => ({ ...of, outcome, duration: 1 }));
      }
    };
    const polled = (outcome: DiagnosticMessages['polled']['outcome']) =>
      diagnose('polled', () => ({
        ...{ feed: feed.feed, source: 'armalo', account: '', outcome },
        ...{ found: 0, repaired: 0, duration: 1 },
      }));

    it('is nothing where nothing is wrong', async () => {
      await insert(3);
      expect(await attention()).toEqual([]);
    });

    it('are events that died in the last hour, by the error that most of them have', async () => {
      await insert(13);
      for (let order = 1; order <= 9; order += 1) {
        await end({
          to: 'dead',
          reason: 'rejected',
          error: `The card of order ${order} was declined.`,
        });
      }
      for (let number = 0; number < 3; number += 1) {
        await end({ to: 'dead', reason: 'rejected', error: 'No such agent.' });
      }
      const [told, ...others] = await attention();
      expect(told).toMatchObject({
        kind: 'dead',
        urgent: true,
        title:
          '12 events of armalo died in the last hour, 9 of them with the same error, at pact.violated.',
        filter: { source: 'armalo', state: 'dead' },
      });
      expect(others).toEqual([]);
      const { fingerprint = '' } = told?.filter ?? {};
      expect(await admin.replay({ state: 'dead', fingerprint })).toBe(9);
      await end({ to: 'dead', reason: 'rejected', error: 'No such agent.' });
      expect(await attention()).toMatchObject([
        {
          urgent: false,
          title:
            '4 events of armalo died in the last hour, all of them with the same error, at pact.violated.',
        },
      ]);
      await its.time.pass(HOUR);
      expect(await attention('dead')).toEqual([]);
    });

    it('is a worker that handles nothing while events grow old, or that is not there at all', async () => {
      await insert(3);
      await its.time.pass(5 * MINUTE);
      expect(await attention()).toMatchObject([
        {
          kind: 'stalled-worker',
          urgent: true,
          title: 'Of armalo, 3 events are due, and no process runs a worker.',
          filter: { source: 'armalo', state: 'open' },
        },
      ]);
      await worker();
      expect(await attention()).toMatchObject([
        {
          title:
            'Nothing of armalo was handled for 3 minutes, though 3 events are due, the oldest for 5 minutes.',
        },
      ]);
      settled('done');
      expect(await attention('stalled-worker')).toEqual([]);
    });

    it('is a backlog that grows, and none that becomes smaller', async () => {
      await worker();
      await insert(2);
      await its.time.pass(6 * MINUTE);
      await insert(20);
      const of = { id: '1', source: 'armalo', account: '', eventId: 'e', name: 'n' };
      for (let number = 0; number < 22; number += 1) {
        diagnose('stored', () => ({ ...of, origin: 'webhook' }));
      }
      settled('done', 10);
      expect(await attention()).toMatchObject([
        {
          kind: 'backlog',
          urgent: false,
          title:
            'Of armalo, 22 events are due, the oldest for 6 minutes; in 15 minutes 22 came and 10 ended.',
        },
      ]);
      settled('done', 12);
      expect(await attention()).toEqual([]);
    });

    it('is a webhook that does not come any more, against its own rhythm', async () => {
      for (let number = 0; number < 4; number += 1) {
        await insert(1);
        await its.time.pass(MINUTE);
        await end({ to: 'done' });
      }
      expect(await attention()).toEqual([]);
      await its.time.pass(15 * MINUTE);
      expect(await attention()).toEqual([]);
      await its.time.pass(10 * MINUTE);
      expect(await attention()).toMatchObject([
        {
          kind: 'silent-webhook',
          urgent: true,
          title: 'No webhook of armalo came for 26 minutes; usually one comes every 1 minute.',
        },
      ]);
    });

    it('are events that only the poller has found', async () => {
      await insert(9);
      await insert(3, { origin: 'poll' });
      expect(await attention()).toMatchObject([
        { kind: 'repaired', title: 'Only the poller found 25 % of the latest events of armalo.' },
      ]);
    });

    it('is an ordering key that waits behind an event which fails time and again', async () => {
      await insert(1, { orderKey: 'agent_1', eventId: 'the first' });
      await insert(120, { orderKey: 'agent_1' });
      await insert(5, { orderKey: 'agent_2' });
      await end({ to: 'retry', inMs: HOUR, error: 'No such agent.' });
      expect(await attention('blocked-key')).toMatchObject([
        {
          urgent: true,
          title:
            '120 events are waiting behind pact.violated the first of armalo, which keeps failing.',
          filter: { source: 'armalo', text: 'the first' },
        },
      ]);
    });

    it('is a poller that has no turn, or fails at each', async () => {
      poller = { feeds: [feed], nextAt: 0, gap: MINUTE };
      expect(await attention()).toEqual([]);
      await its.time.pass(11 * MINUTE);
      expect(await attention()).toMatchObject([
        {
          kind: 'poller',
          title: 'No process has polled armalo for 10 minutes, though it is to be every 1 minute.',
        },
      ]);
      polled('failed');
      polled('paused');
      polled('rate-limited');
      expect(await attention()).toMatchObject([
        { title: 'Polling armalo has failed 2 times in 10 minutes, and never succeeded.' },
      ]);
      polled('done');
      expect(await attention()).toEqual([]);
    });

    it('is no poller whose polls are hours apart, and none of a process that does not poll', async () => {
      await its.time.pass(2 * HOUR);
      poller = { feeds: [feed], nextAt: 0, gap: HOUR };
      expect(await attention()).toEqual([]);
      poller = { feeds: [feed], nextAt: null, gap: null };
      expect(await attention()).toEqual([]);
    });

    it('has what is urgent first', async () => {
      await insert(3, { origin: 'poll' });
      await its.time.pass(2 * MINUTE);
      expect((await attention()).map(({ kind: one }) => one)).toEqual([
        'stalled-worker',
        'repaired',
      ]);
    });

    it('is a transaction that somebody has left open, where the database can tell', async () => {
      const age = async () => (await admin.database()).oldestTransaction;
      if (kind.name !== 'postgres') {
        expect(await age()).toBeUndefined();
        return;
      }
      expect(await age()).toBe(0);
      const somebody = its.application.createQueryRunner();
      await somebody.startTransaction();
      await somebody.query('SELECT 1');
      await eventually(age, (ms = 0) => ms > 0);
      await somebody.rollbackTransaction();
      await somebody.release();
      expect(await age()).toBe(0);
    });

    it('is told of such a transaction when it is ten minutes old', async () => {
      const database = jest.spyOn(admin, 'database');
      const open = (oldestTransaction: number) =>
        database.mockResolvedValue({ workers: 1, oldestTransaction });
      open(9 * MINUTE);
      expect(await attention()).toEqual([]);
      open(25 * MINUTE);
      expect(await attention()).toMatchObject([
        {
          kind: 'old-transaction',
          title: 'A transaction has been open in the database for 25 minutes.',
          filter: null,
        },
      ]);
    });
  });
}
