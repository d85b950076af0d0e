import { Injectable } from '@nestjs/common';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import { OnArmaloEvent, RejectEventError } from 'nestjs-armox-armalo';
import { DataSource } from 'typeorm';
import { diagnose } from '../../lib/core/index.js';
import {
  InboxConnections,
  MinuteStore,
  RedeliveryStore,
  type MinuteCount,
} from '../../lib/inbox/index.js';
import { DatabaseTime } from '../../lib/ops/statistics/database.time.js';
import { EventCounter } from '../../lib/ops/statistics/event.counter.js';
import { TIME_BOUNDS, timeBucket, timeQuantile } from '../../lib/ops/statistics/handler.times.js';
import { MinuteMemory } from '../../lib/ops/statistics/minute.memory.js';
import { RedeliveryMemory } from '../../lib/ops/statistics/redelivery.memory.js';
import { SERIES_PLACES, type Series } from '../../lib/ops/statistics/series.js';
import { StatisticsWriter } from '../../lib/ops/statistics/statistics.writer.js';
import { armaloRequest } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from '../flow/application.js';
import { ManualTime } from '../manual-time.js';
import { LogBook } from '../worker/log-book.js';
import { inboxStage, NOON } from './inbox-stage.js';
import { OPERATOR } from './ops-client.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** By series, over all minutes; without the times of handlers, which differ. */
function totals(counts: readonly MinuteCount[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { source, series, count } of counts) {
    const key = series.startsWith('ms-') ? `${source} calls` : `${source} ${series}`;
    all[key] = (all[key] ?? 0) + count;
  }
  return all;
}

let failures = 0;

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated', { retry: { delay: 1, jitter: 0 } })
  mayFail() {
    if (failures-- > 0) throw new Error('Not yet.');
  }

  @OnArmaloEvent('escrow.funded')
  rejects() {
    throw new RejectEventError('Never.');
  }
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The statistics of an application', () => {
    let database: TestDatabase;

    beforeAll(async () => {
      database = await kind.create();
    });

    afterAll(() => database.drop());

    it('have each event of a story once, when the application has ended', async () => {
      const options = { ops: { access: [OPERATOR] } };
      const app = await Application.start({ database, providers: [Handlers], options });
      const deliver = (event: string, agentId: string, secret = ARMALO_SECRET) =>
        app.post(
          '/webhooks/armalo',
          armaloRequest(
            { event, timestamp: '2026-11-22T10:00:00.000Z', data: { agentId } },
            secret,
          ),
        );
      failures = 2;
      await deliver('pact.violated', 'retried twice');
      await app.settled();
      for (const agent of ['a', 'b', 'a', 'a']) await deliver('pact.violated', agent);
      await deliver('escrow.funded', 'rejected');
      await deliver('agent.created', 'nobody listens');
      await deliver('pact.violated', 'c', 'a wrong secret');
      await app.settled();
      await app.close();
      const reader = await new DataSource(database.options).initialize();
      const connections = await InboxConnections.open(reader);
      const counts = await new MinuteStore(connections.parts).since(0);
      const again: unknown = await reader.query('SELECT many FROM armox_armalo_redelivery');
      await connections.close();
      await reader.destroy();
      expect(again).toMatchObject([{ many: 2 }]);
      expect(totals(counts)).toEqual({
        'armalo received': 5,
        'armalo duplicate': 2,
        'armalo refused': 1,
        'armalo retried': 2,
        'armalo handled': 3,
        'armalo dead': 1,
        'armalo ignored': 1,
        'armalo calls': 6,
      });
      expect(counts.every(({ minute }) => minute % MINUTE === 0)).toBe(true);
    });
  });

  describeOn(kind, 'What a process has counted', () => {
    const its = inboxStage(kind);
    const log = new LogBook();
    const process = ({ parts }: InboxConnections) => {
      const memory = new MinuteMemory();
      const { time } = its;
      const redeliveries = new RedeliveryMemory();
      const stores = { minutes: new MinuteStore(parts), redeliveries: new RedeliveryStore(parts) };
      const databaseTime = new DatabaseTime(time, time);
      const writer = new StatisticsWriter({
        ...{ memory, redeliveries, store: stores, logger: log },
        ...{ time: databaseTime, timers: time },
      });
      const count = (series: Series, times = 1, source = 'armalo') =>
        memory.add(databaseTime.now(), source, SERIES_PLACES.get(series) as number, times);
      return { memory, redeliveries, stores, writer, count };
    };
    const read = () => new MinuteStore(its.connections.parts).since(0);
    const row = (minute: number, series: Series, count: number, source = 'armalo') => ({
      ...{ minute, source, series, count },
    });

    beforeEach(() => void log.lines.splice(0));

    it('is in the database five seconds later, by minute, source and series', async () => {
      const { writer, count } = process(its.connections);
      writer.start();
      count('received', 3);
      count('received', 2, 'armox');
      await its.time.pass(5_000);
      await writer.write();
      expect(await read()).toEqual([row(NOON, 'received', 3), row(NOON, 'received', 2, 'armox')]);
      count('received');
      await its.time.pass(MINUTE);
      count('received');
      await writer.stop();
      expect(await read()).toEqual([
        row(NOON, 'received', 4),
        row(NOON, 'received', 2, 'armox'),
        row(NOON + MINUTE, 'received', 1),
      ]);
    });

    it('adds up with what others have counted, however many write at once', async () => {
      const processes = await Promise.all(
        Array.from({ length: 3 }, async () => process(await its.connect())),
      );
      const names = Array.from({ length: 20 }, (_, index) => `source ${index}`);
      for (let round = 0; round < 10; round += 1) {
        await Promise.all(
          processes.map(({ count, writer }, index) => {
            // Each begins with another one: the order in which they are counted is nobody's lock order.
            for (const at of names.keys()) {
              count('handled', 1, names[(at + index * 7) % names.length]);
            }
            return writer.write();
          }),
        );
      }
      const counts = await read();
      expect(counts).toHaveLength(names.length);
      expect(new Set(counts.map(({ count }) => count))).toEqual(new Set([30]));
      expect(log.lines).toEqual([]);
    });

    it('is kept while it cannot be written, and nothing of it is lost or written twice', async () => {
      const { writer, count, stores } = process(its.connections);
      const add = jest
        .spyOn(stores.minutes, 'add')
        .mockRejectedValue(new Error('The database is away.'));
      try {
        for (let minute = 0; minute < 90; minute += 1) {
          count('received', minute + 1);
          await writer.write();
          await its.time.pass(MINUTE);
        }
        expect(log.of('warn')).toEqual([expect.stringContaining('The database is away.')]);
      } finally {
        add.mockRestore();
      }
      await writer.write();
      await writer.write();
      expect(await read()).toEqual(
        Array.from({ length: 90 }, (_, minute) =>
          row(NOON + minute * MINUTE, 'received', minute + 1),
        ),
      );
      expect(log.of('log')).toHaveLength(1);
    });

    it('goes in statements of a bounded size, each of which counts by itself', async () => {
      const { writer, count, stores, memory } = process(its.connections);
      for (let source = 0; source < 1_200; source += 1) count('dead', 1, `source ${source}`);
      const { minutes } = stores;
      const add = minutes.add.bind(minutes);
      let statements = 0;
      minutes.add = (counts) => {
        statements += 1;
        return statements === 2 ? Promise.reject(new Error('Away.')) : add(counts);
      };
      await writer.write();
      expect(memory.unwritten()).toHaveLength(200);
      await writer.write();
      const counts = await read();
      expect(counts).toHaveLength(1_200);
      expect(counts.every((each) => each.count === 1)).toBe(true);
    });

    it('has events that were delivered again too, each delivery once, however often it had to be written', async () => {
      const { writer, redeliveries, stores } = process(its.connections);
      redeliveries.add('7', NOON);
      redeliveries.add('7', NOON + 1);
      redeliveries.add('8', NOON + 2);
      const add = jest
        .spyOn(stores.redeliveries, 'add')
        .mockRejectedValueOnce(new Error('The database is away.'));
      await writer.write();
      redeliveries.add('7', NOON + 3);
      add.mockImplementationOnce((counts) => {
        redeliveries.add('8', NOON + 4);
        add.mockRestore();
        return stores.redeliveries.add(counts);
      });
      for (let times = 0; times < 3; times += 1) await writer.write();
      await expect(stores.redeliveries.of('7')).resolves.toEqual({ count: 3, lastAt: NOON + 3 });
      await expect(stores.redeliveries.of('8')).resolves.toEqual({ count: 2, lastAt: NOON + 4 });
      expect(redeliveries.unwritten()).toEqual([]);
    });

    it('takes a bounded room in memory, whatever happens to the database', async () => {
      const { writer, count, memory } = process(its.connections);
      count('received');
      await writer.write();
      await its.time.pass(2 * HOUR);
      await writer.write();
      expect(memory.counted()).toEqual([]);
      count('received');
      await its.time.pass(25 * HOUR);
      memory.forget(its.time.now());
      expect(memory.counted()).toEqual([]);
      const redeliveries = new RedeliveryMemory();
      for (let id = 0; id < 6_000; id += 1) redeliveries.add(String(id), NOON);
      expect(redeliveries.unwritten()).toHaveLength(5_000);
    });

    it('is forgotten by the database after seven days', async () => {
      const { writer, count } = process(its.connections);
      count('received');
      await writer.write();
      await its.time.pass(7 * 24 * HOUR);
      count('received', 2);
      await writer.write();
      expect(await read()).toHaveLength(2);
      await its.time.pass(HOUR);
      await writer.write();
      expect(await read()).toEqual([row(NOON + 7 * 24 * HOUR, 'received', 2)]);
    });

    it('is of the minutes of the database, whose clock goes otherwise than ours', async () => {
      const ours = new ManualTime(NOON + 3 * HOUR);
      const store = new MinuteStore(its.connections.parts);
      const time = new DatabaseTime(ours, ours);
      expect(time.now()).toBe(NOON + 3 * HOUR);
      await time.learn(() => store.now());
      expect(time.now()).toBe(NOON);
      await ours.pass(MINUTE);
      expect(time.now()).toBe(NOON + MINUTE);
    });
  });
}

describe('What is counted', () => {
  let time: ManualTime;
  let memory: MinuteMemory;
  let redeliveries: RedeliveryMemory;
  let counter: EventCounter;
  const event = { id: '1', source: 'armalo', account: '', eventId: 'e', name: 'n', attempt: 1 };
  const counted = () => totals(memory.counted());

  beforeEach(() => {
    time = new ManualTime(NOON);
    memory = new MinuteMemory();
    redeliveries = new RedeliveryMemory();
    counter = new EventCounter(memory, redeliveries, time);
    counter.start();
  });

  afterEach(() => counter.stop());

  it('are events that are stored, and apart from them those that only the poller has found', () => {
    diagnose('stored', () => ({ ...event, origin: 'webhook' }));
    diagnose('stored', () => ({ ...event, origin: 'poll' }));
    expect(counted()).toEqual({ 'armalo received': 2, 'armalo repaired': 1 });
  });

  it('are duplicates that a sender has sent, and not those that the poller sees at each turn', () => {
    diagnose('duplicate', () => ({ ...event, origin: 'webhook' }));
    diagnose('duplicate', () => ({ ...event, origin: 'poll' }));
    expect(counted()).toEqual({ 'armalo duplicate': 1 });
    expect(redeliveries.unwritten()).toEqual([{ id: '1', count: 1, lastAt: NOON }]);
  });

  it('are dead events once, whatever they died of', () => {
    diagnose('settled', () => ({ ...event, outcome: 'dead', duration: 1 }));
    diagnose('dead', () => ({ ...event, reason: 'rejected', handler: null }));
    diagnose('dead', () => ({ ...event, reason: 'invalid-payload', handler: null }));
    expect(counted()).toEqual({ 'armalo dead': 2 });
  });

  it('are turns of the poller by their end', () => {
    const turn = { feed: 'f', source: 'armalo', account: '', found: 0, repaired: 0, duration: 1 };
    for (const outcome of ['done', 'failed', 'paused', 'rate-limited'] as const) {
      diagnose('polled', () => ({ ...turn, outcome }));
    }
    expect(counted()).toEqual({
      'armalo polled': 1,
      'armalo poll-failed': 2,
      'armalo poll-paused': 1,
    });
  });

  it('are the calls of handlers by their time, but for those that were stopped', () => {
    const call = { ...event, handler: 'A.b' };
    diagnose('handler-ended', () => ({ ...call, outcome: 'done', duration: 7 }));
    diagnose('handler-ended', () => ({ ...call, outcome: 'failed', duration: 1e9 }));
    diagnose('handler-ended', () => ({ ...call, outcome: 'stopped', duration: 7 }));
    expect(memory.counted()).toMatchObject([
      { series: 'ms-10', count: 1 },
      { series: 'ms-300000', count: 1 },
    ]);
  });

  it('is nothing any more when the application has ended', () => {
    counter.stop();
    diagnose('stored', () => ({ ...event, origin: 'webhook' }));
    expect(counted()).toEqual({});
  });
});

describe('The times of handlers', () => {
  const counts = (...durations: number[]) => {
    const all = TIME_BOUNDS.map(() => 0);
    for (const duration of durations) all[timeBucket(duration)]!++;
    return all;
  };

  it('are unknown without calls', () => {
    expect(timeQuantile(counts(), 0.5)).toBeUndefined();
  });

  it('lie within the bucket that has the call in question', () => {
    const times = counts(
      ...Array.from({ length: 90 }, () => 60),
      ...Array.from({ length: 10 }, () => 20_000),
    );
    expect(timeQuantile(times, 0.45)).toBe(75);
    expect(timeQuantile(times, 0.95)).toBe(20_000);
    expect(timeQuantile(times, 1)).toBe(30_000);
  });

  it('end with the last bucket', () => {
    expect(timeQuantile(counts(1e12), 0.95)).toBeLessThanOrEqual(300_000);
  });
});
