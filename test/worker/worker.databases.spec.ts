import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { DataSource, EntitySchema, type Logger } from 'typeorm';
import {
  systemClock,
  systemTimers,
  type Timers,
  type WebhookSource,
} from '../../lib/core/index.js';
import {
  type HandlerContext,
  type HandlerOptions,
  type RegisteredHandler,
} from '../../lib/handlers/index.js';
import { InboxConnections, type InboxStore, type NewInboxRow } from '../../lib/inbox/index.js';
import { Dispatcher, HandlerRunner, HandOver, OtherReplicas } from '../../lib/worker/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { defaultRetryPolicy } from './default-retry.policy.js';
import { InProcess } from './in-process.js';
import { LogBook } from './log-book.js';
import { ManualTime } from '../manual-time.js';

interface Effect {
  id?: number;
  event: string;
}
const EffectEntity = new EntitySchema<Effect>({
  name: 'Effect',
  columns: {
    id: { type: Number, primary: true, generated: 'increment' },
    event: { type: String },
  },
});

const source = {
  name: 'armalo',
  read: () => ({ payload: {}, problems: [] }),
} as unknown as WebhookSource;

function row(eventId: string): NewInboxRow {
  return {
    source: 'armalo',
    account: '',
    eventId,
    name: 'escrow.created',
    occurredAt: null,
    orderKey: null,
    origin: 'webhook',
    body: Buffer.from('{}'),
    invalid: null,
  };
}

function handler(
  name: string,
  invoke: (context: HandlerContext) => Promise<void>,
  options: HandlerOptions = {},
): RegisteredHandler {
  return {
    name,
    source: 'armalo',
    patterns: ['*'],
    options,
    invoke: (_, context) => invoke(context),
  };
}

class StatementLog implements Logger {
  constructor(private readonly statements: string[]) {}
  logQuery = (query: string) => void this.statements.push(query);
  logQueryError = () => undefined;
  logQuerySlow = () => undefined;
  logSchemaBuild = () => undefined;
  logMigration = () => undefined;
  log = () => undefined;
}

/** Waits for a condition, not for a time. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await wait(5);
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'the worker', () => {
    let database: TestDatabase;
    let dataSource: DataSource;
    let connections: InboxConnections;
    let store: InboxStore;
    let heartbeats = 0;
    const statements: string[] = [];
    const loops: InProcess[] = [];

    beforeAll(async () => {
      database = await kind.create();
      dataSource = await new DataSource({
        ...database.options,
        entities: [EffectEntity],
        synchronize: true,
        logger: new StatementLog(statements),
      }).initialize();
      connections = await InboxConnections.open(dataSource);
      await connections.migrate();
      store = connections.store;
      const heartbeat = store.heartbeat.bind(store);
      store.heartbeat = (leases, leaseMs) => (heartbeats++, heartbeat(leases, leaseMs));
    });

    afterEach(async () => {
      await Promise.all(loops.splice(0).map((loop) => loop.stop({ graceMs: 0 })));
    });

    afterAll(async () => {
      await connections?.close();
      await dataSource?.destroy();
      await database?.drop();
    });

    function start(
      handlers: RegisteredHandler[],
      {
        lease = 30_000,
        pollInterval = 50,
        timers = systemTimers,
      }: { lease?: number; pollInterval?: number; timers?: Timers } = {},
    ) {
      const logger = new LogBook();
      const transactions = kind.name === 'sqlite' ? 1 : 4;
      const runner = new HandlerRunner({
        store,
        leaseMs: lease,
        transactions,
        timers,
        loggerOf: () => logger,
      });
      const dispatcher = new Dispatcher({
        store,
        runner,
        handlers: {
          handlersFor: (name) => handlers.filter((one) => one.source === name),
        },
        sources: [source, { ...source, name: 'armox' }],
        handOver: new HandOver(
          new OtherReplicas(store, 'this one', timers),
          timers,
          Math.random,
          logger,
        ),
        retry: { ...defaultRetryPolicy, delay: 1, factor: 1 },
        timers,
        random: Math.random,
        clock: systemClock,
        logger,
      });
      const grouped = handlers.some(({ options }) => options.transactional === 'grouped');
      const needed = grouped ? 'group' : 'transaction';
      const loop = new InProcess({
        store,
        dispatch: dispatcher.dispatch.bind(dispatcher),
        settings: { concurrency: 20, transactions, lease, pollInterval, maxStalledCount: 3 },
        sources: ['armalo', 'armox'],
        needing: (needs) => (needs === needed ? [{ source: 'armalo' }] : []),
        timers,
        random: Math.random,
        logger,
      });
      loops.push(loop);
      loop.start();
      return loop;
    }

    const ended = async (eventId: string) => (await store.find({ eventId }))?.state === 'done';
    const effects = async (event: string) => dataSource.manager.countBy(EffectEntity, { event });
    const writing = (options: HandlerOptions = {}) =>
      handler(
        'tx',
        async ({ manager, eventId }) =>
          void (await manager.insert(EffectEntity, { event: eventId })),
        { transactional: true, ...options },
      );

    it('brings many events through failing and transactional handlers, each effect once', async () => {
      const ids = Array.from({ length: 60 }, (_, n) => `many-${n}`);
      const failed = new Set<string>();
      start([
        writing(),
        handler('flaky', async ({ eventId }) => {
          if (failed.has(eventId)) return;
          failed.add(eventId);
          throw new Error('the first time');
        }),
      ]);
      start([writing(), handler('flaky', async ({ eventId }) => void failed.add(eventId))]);
      await store.insert(ids.map(row));
      await until(async () => (await Promise.all(ids.map(ended))).every(Boolean));
      for (const id of ids) expect(await effects(id)).toBe(1);
      expect(await store.violations()).toEqual([]);
    });

    it('brings grouped events through one transaction, and all but a poisoned one are done, each effect once', async () => {
      const ids = Array.from({ length: 60 }, (_, n) => `grouped-${n}`);
      const calls: string[] = [];
      const together = jest.spyOn(store, 'runTogether');
      await store.insert(ids.map(row));
      start([
        handler(
          'group',
          async ({ manager, eventId, attempt }) => {
            calls.push(eventId);
            await manager.insert(EffectEntity, { event: eventId });
            if (eventId === 'grouped-30' && attempt < 3) throw new Error('poisoned');
          },
          { transactional: 'grouped' },
        ),
      ]);
      await until(async () => (await Promise.all(ids.map(ended))).every(Boolean));
      for (const id of ids) expect(await effects(id)).toBe(1);
      expect(Math.max(...together.mock.calls.map(([, , parts]) => parts.length))).toBeGreaterThan(
        5,
      );
      expect(await store.find({ eventId: 'grouped-30' })).toMatchObject({ attempts: 3 });
      expect(await store.find({ eventId: 'grouped-0' })).toMatchObject({ attempts: 1 });
      // Once in its group, then by itself in its first three attempts.
      expect(calls.filter((id) => id === 'grouped-30')).toHaveLength(4);
      expect(await store.violations()).toEqual([]);
      together.mockRestore();
    });

    it('runs what other engines name by its id once, beside the loop and one another', async () => {
      const worker = start([writing()]);
      const ids = (
        await store.insert(
          Array.from({ length: 30 }, (_, n) => ({
            ...row(`named-${n}`),
            orderKey: n < 10 ? 'one key' : null,
          })),
        )
      ).map(({ id }) => id);
      const outcomes = await Promise.all(
        [...ids, ...ids].map((id) => worker.execution.run(id).then(({ outcome }) => outcome)),
      );
      expect(outcomes.filter((outcome) => outcome !== 'done' && outcome !== 'not-claimed')).toEqual(
        [],
      );
      for (let n = 0; n < 30; n++) {
        await until(() => ended(`named-${n}`));
        expect(await effects(`named-${n}`)).toBe(1);
      }
    });

    it('rolls back what a handler began before its timeout, nested transactions too, and takes no late write', async () => {
      let lateWrite: Promise<unknown> | undefined;
      let first = true;
      let release = () => {};
      const goOn = new Promise<void>((resolve) => (release = resolve));
      start([
        handler(
          'stuck',
          async ({ manager, eventId, signal }) => {
            await manager.insert(EffectEntity, { event: eventId });
            if (!first) return;
            first = false;
            await manager.transaction(async (nested) => {
              await nested.insert(EffectEntity, { event: eventId });
              expect(signal.aborted).toBe(false);
              await goOn;
              expect(signal.aborted).toBe(true);
              lateWrite = nested.insert(EffectEntity, { event: eventId });
              await lateWrite;
            });
          },
          { transactional: true, timeout: 500 },
        ),
      ]);
      await store.insert([row('stuck')]);
      await until(() => ended('stuck'));
      release();
      await until(() => lateWrite !== undefined);
      await expect(lateWrite).rejects.toThrow(/after it has ended/);
      expect(await effects('stuck')).toBe(1);
      const stored = await store.find({ eventId: 'stuck' });
      expect(await store.attempts(stored?.id ?? '')).toMatchObject([
        {
          attempt: 1,
          handler: 'stuck',
          error: expect.stringContaining('EventHandlerTimeoutError'),
        },
      ]);
    });

    it('gives back at shutdown what does not end, and another worker takes it with the same attempt', async () => {
      let begun = false;
      const leaving = start([handler('slow', () => ((begun = true), new Promise<void>(() => {})))]);
      await store.insert([row('shutdown')]);
      leaving.notify();
      await until(() => begun);
      await leaving.stop({ graceMs: 1 });
      expect(await store.find({ eventId: 'shutdown' })).toMatchObject({
        state: 'open',
        attempts: 0,
      });

      const attempts: number[] = [];
      start([handler('slow', async ({ attempt }) => void attempts.push(attempt))]);
      await until(() => ended('shutdown'));
      expect(attempts).toEqual([1]);
    });

    it('takes over what a dead process had, and keeps a long handler of its own', async () => {
      await store.insert([row('dead')]);
      const [claimed] = await store.claim(1, 100);
      expect(claimed?.eventId).toBe('dead');

      let release = () => {};
      const runs: string[] = [];
      start(
        [
          handler('long', async ({ eventId }) => {
            runs.push(eventId);
            if (eventId === 'long') await new Promise<void>((resolve) => (release = resolve));
          }),
        ],
        { lease: 600 },
      );
      await until(() => ended('dead'));
      expect(await store.find({ eventId: 'dead' })).toMatchObject({ stalledCount: 0, attempts: 2 });

      await store.insert([row('long')]);
      await until(() => runs.includes('long'));
      const beats = heartbeats;
      // A third of the lease apart, so by then the claim's own lease is long over.
      await until(() => heartbeats >= beats + 7);
      release();
      await until(() => ended('long'));
      expect(runs).toEqual(['dead', 'long']);
      expect(await store.find({ eventId: 'long' })).toMatchObject({ stalledCount: 0, attempts: 1 });
    });

    if (kind.name !== 'sqlite') {
      it('runs other events beside a transactional handler that is longer than its lease', async () => {
        let begun = false;
        let release = () => {};
        const goOn = new Promise<void>((resolve) => (release = resolve));
        start(
          [
            handler(
              'long',
              async ({ eventId }) => {
                if (eventId !== 'longer than its lease') return;
                begun = true;
                await goOn;
              },
              { transactional: true },
            ),
          ],
          { lease: 300 },
        );
        await store.insert([row('longer than its lease')]);
        await until(() => begun);
        const beats = heartbeats;
        await until(() => heartbeats >= beats + 5);
        await store.insert([row('beside it')]);
        await until(() => ended('beside it'));
        release();
        await until(() => ended('longer than its lease'));
        const { attempts, stalledCount } =
          (await store.find({ eventId: 'longer than its lease' })) ?? {};
        expect({ attempts, stalledCount }).toEqual({ attempts: 1, stalledCount: 0 });
      });

      it('sends a dozen statements in ten idle seconds at most', async () => {
        const timers = new ManualTime();
        start([writing()], { timers, pollInterval: 1_000 });
        const asleep = () => until(() => timers.pending === 2);
        await asleep();
        statements.length = 0;
        for (let second = 0; second < 10; second += 0.05) {
          await timers.pass(50);
          await asleep();
        }
        expect(statements.length).toBeGreaterThan(5);
        expect(statements.length).toBeLessThanOrEqual(12);
      });

      it('does not let slow transactional events of one service hold up instant ones of another', async () => {
        let begun = 0;
        let release = () => {};
        const goOn = new Promise<void>((resolve) => (release = resolve));
        const slow = handler('slow', () => ((begun += 1), goOn), { transactional: true });
        const backlog = Array.from({ length: 60 }, (_, n) => `slow-${n}`);
        await store.insert(backlog.map((eventId) => row(eventId)));
        start([slow, { ...handler('instant', async () => {}), source: 'armox' }]);
        await until(() => begun === 4);
        await store.insert([{ ...row('instant'), source: 'armox' }]);
        await until(() => ended('instant'));
        expect(begun).toBe(4);
        release();
        await until(async () => (await Promise.all(backlog.map(ended))).every(Boolean));
      });
    }
  });
}
