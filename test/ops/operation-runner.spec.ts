import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from '@jest/globals';
import { newRow } from '../../bench/worker/rows.js';
import type { InboxConnections, NewOperation } from '../../lib/inbox/index.js';
import { OperationRunner } from '../../lib/ops/operations/operation.runner.js';
import { availableDatabases, describeOn } from '../databases.js';
import { LogBook } from '../worker/log-book.js';
import { inboxStage } from './inbox-stage.js';

for (const kind of await availableDatabases()) {
  describeOn(kind, 'What works through actions on many events', () => {
    const its = inboxStage(kind);
    let runners: OperationRunner[] = [];

    afterEach(async () => {
      for (const runner of runners) await runner.stop();
      runners = [];
    });

    /** As a process of its own has it. */
    const runner = ({ store }: InboxConnections) => {
      const made = new OperationRunner({
        ...{ store: store.operations, lock: store, owner: randomUUID() },
        ...{ timers: its.time, logger: new LogBook(), changed: () => undefined },
      });
      runners.push(made);
      made.start();
      return made;
    };
    const dead = (name: string, count: number) =>
      its.connections.store.insert(
        Array.from({ length: count }, (_, at) => ({
          ...newRow(at),
          ...{ eventId: randomUUID(), name, invalid: 'Of no use.' },
        })),
      );
    const start = async (name: string, more: Partial<NewOperation> = {}) => {
      const { operations } = its.connections.store;
      const { id } = await operations.start({
        ...{ id: randomUUID(), action: 'replay', pace: 'all', rerunAll: false, by: 'olga' },
        ...{ filter: { name }, ...more },
      });
      return async () => {
        const { state, changed } = (await operations.find(id)) ?? {};
        return { state, changed };
      };
    };
    const pass = async (turns: number) => {
      for (let turn = 0; turn < turns; turn += 1) {
        await its.time.pass(200);
        await its.connections.store.operations.list();
      }
    };
    const passUntil = async (done: () => Promise<boolean>) => {
      while (!(await done())) await its.time.pass(200);
    };

    it('replays no faster than events are handled, so that deliveries have their turn', async () => {
      await dead('pact.violated', 1_300);
      const progress = await start('pact.violated');
      runner(its.connections);
      await passUntil(async () => (await progress()).changed === 500);
      await pass(20);
      expect(await progress()).toEqual({ state: 'running', changed: 500 });
      const { store } = its.connections;
      const claimed = await store.claim(100, 60_000);
      await store.settle(
        claimed.map((row) => ({ ...row, to: 'done', failures: [], completedHandlers: [] })),
      );
      await passUntil(async () => (await progress()).changed === 1_000);
      await pass(20);
      expect(await progress()).toEqual({ state: 'running', changed: 1_000 });
    });

    it('is held up by no ramp that waits for its events', async () => {
      await dead('pact.violated', 3);
      await dead('pact.renewed', 3);
      const ramp = await start('pact.violated', { pace: 'ramp' });
      const discard = await start('pact.renewed', { action: 'discard' });
      runner(its.connections);
      await passUntil(async () => (await discard()).state === 'done');
      expect(await ramp()).toEqual({ state: 'running', changed: 1 });
      expect(await discard()).toMatchObject({ changed: 3 });
    });

    it('is one process at a time, and five seconds after its death another one', async () => {
      await dead('pact.violated', 400);
      const progress = await start('pact.violated', { pace: 'ramp' });
      const first = runner(its.connections);
      await passUntil(async () => (await progress()).changed === 1);
      const another = await its.connect();
      runner(another);
      await pass(5);
      // It takes its time to notice that the first one is gone.
      await first.stop();
      const { store } = another;
      const claimed = await store.claim(1, 60_000);
      await store.settle(
        claimed.map((row) => ({ ...row, to: 'done', failures: [], completedHandlers: [] })),
      );
      await pass(15);
      expect(await progress()).toMatchObject({ changed: 1 });
      await passUntil(async () => (await progress()).changed === 11);
    });
  });
}
