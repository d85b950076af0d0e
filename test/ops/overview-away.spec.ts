import { beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { diagnose } from '../../lib/core/index.js';
import { InboxAdmin, InboxConnections } from '../../lib/inbox/index.js';
import type { OverviewView } from '../../lib/ops/api.types.js';
import { OpsOverview, Statistics } from '../../lib/ops/index.js';
import type { OpsOverviewDependencies } from '../../lib/ops/overview/ops.overview.js';
import { DeliveryHealth } from '../../lib/reconcile/index.js';
import { Proxy } from '../chaos/proxy.js';
import { availableDatabases, describeOn } from '../databases.js';
import { ManualTime } from '../manual-time.js';
import { LogBook } from '../worker/log-book.js';

const NOON = Date.UTC(2026, 10, 28, 12);
const SOURCES = ['armalo', 'armox'];

const noPoller = () => ({ feeds: [], nextAt: null, gap: null });
const stored = () =>
  diagnose('stored', () => ({
    ...{ id: '1', source: 'armalo', account: '', eventId: 'e', name: 'n', origin: 'webhook' },
  }));
const received = ({ minutes }: OverviewView) =>
  minutes.services
    .find(({ source }) => source === 'armalo')
    ?.series.received.reduce((sum, number) => sum + number, 0);

for (const kind of await availableDatabases()) {
  if (kind.name === 'sqlite') continue;
  describeOn(kind, 'Without its database', () => {
    it('the overview says so, with what this process has counted, and nothing of that is lost', async () => {
      const database = await kind.create();
      const { proxy, url } = await Proxy.before(database.url);
      const application = await new DataSource({ ...database.options, url } as never).initialize();
      const time = new ManualTime(NOON);
      const connections = await InboxConnections.open(application, {
        ingestTimeout: 500,
        clock: time,
      });
      await connections.migrate();
      const { store, parts } = connections;
      const log = new LogBook();
      const common = { timers: time, logger: log };
      const statistics = new Statistics({ ...common, store, clock: time });
      const overview = new OpsOverview({
        ...common,
        ...{ sources: SOURCES, statistics, poller: noPoller },
        admin: new InboxAdmin(store),
        deliveries: new DeliveryHealth(parts, SOURCES),
      });
      statistics.start();
      try {
        stored();
        await statistics.write();
        await proxy.close();
        stored();
        await statistics.write();
        const away = await overview.read();
        expect(away).toMatchObject({
          database: 'away',
          attention: [{ kind: 'database-away', urgent: true }],
          services: [{ source: 'armalo', counts: { dead: { count: 0, more: true } } }, {}],
        });
        expect(received(away)).toBe(2);
        expect(log.of('warn')).toHaveLength(2);
        await proxy.open();
        await time.pass(2_000);
        await statistics.write();
        const back = await overview.read();
        expect(back).toMatchObject({ database: 'up', attention: [] });
        expect(received(back)).toBe(2);
      } finally {
        await statistics.stop();
        await connections.close();
        await application.destroy();
        await proxy.close();
        await database.drop();
      }
    });
  });
}

describe('The overview', () => {
  let time: ManualTime;
  let asked: number;
  /** How often those were counted of which there are always many. */
  let many: number;
  let answer: () => Promise<never[]>;
  let overview: OpsOverview;

  beforeEach(() => {
    time = new ManualTime(NOON);
    asked = 0;
    many = 0;
    answer = () => Promise.resolve([]);
    const admin: OpsOverviewDependencies['admin'] = {
      counts: (states = []) => {
        if (states.includes('done')) many += 1;
        else asked += 1;
        return answer();
      },
      backlog: () => Promise.resolve([]),
      blockedKey: () => Promise.resolve(undefined),
      errors: () => Promise.resolve({ groups: [], more: false }),
      database: () => Promise.resolve({ workers: 1, oldestTransaction: undefined }),
    };
    overview = new OpsOverview({
      ...{ sources: SOURCES, admin, timers: time, logger: new LogBook(), poller: noPoller },
      statistics: { time, since: () => Promise.resolve([]), ownSince: () => [] },
      deliveries: { read: () => Promise.resolve([]) },
    });
  });

  it('is read once for all who ask within two seconds', async () => {
    await Promise.all([overview.read(), overview.read()]);
    await time.pass(1_999);
    await overview.read();
    expect(asked).toBe(1);
    await time.pass(1);
    await overview.read();
    expect(asked).toBe(2);
  });

  it('counts done and ignored events anew every ten seconds only', async () => {
    for (let turn = 0; turn < 6; turn += 1) {
      await overview.read();
      await time.pass(2_000);
    }
    expect([asked, many]).toEqual([6, 2]);
  });

  it('waits three seconds for the database, and takes no further connection meanwhile', async () => {
    let answered = (): void => undefined;
    answer = () => new Promise((resolve) => (answered = () => resolve([])));
    for (let turn = 0; turn < 3; turn += 1) {
      const reading = overview.read();
      await time.pass(3_000);
      await expect(reading).resolves.toMatchObject({ database: 'away' });
    }
    expect(asked).toBe(1);
    answer = () => Promise.resolve([]);
    answered();
    await time.pass(0);
    await expect(overview.read()).resolves.toMatchObject({ database: 'up' });
    expect(asked).toBe(2);
  });
});
