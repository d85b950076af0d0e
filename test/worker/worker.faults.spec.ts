import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import type { WebhookSource } from '../../lib/core/index.js';
import { type RegisteredHandler } from '../../lib/handlers/index.js';
import { Dispatcher, HandlerRunner, HandOver, OtherReplicas } from '../../lib/worker/index.js';
import { defaultRetryPolicy } from './default-retry.policy.js';
import { InProcess, type InProcessStore } from './in-process.js';
import { LogBook } from './log-book.js';
import { ManualTime } from '../manual-time.js';
import { MemoryStore } from './memory.store.js';

const LEASE = 30_000;
const source = {
  name: 'armalo',
  read: () => ({ payload: {}, problems: [] }),
} as unknown as WebhookSource;

type ProcessStore = InProcessStore &
  Pick<
    MemoryStore,
    | 'markCompleted'
    | 'newerApplied'
    | 'firstStored'
    | 'otherReplicas'
    | 'runTransactional'
    | 'runTogether'
  >;

type Parts = readonly { readonly lease: { readonly id: string } }[];

/** The store as one process sees it: calls fail at random, and never answer a dead process. */
function connect(store: MemoryStore, chance: () => boolean) {
  let alive = true;
  const held = new Set<string>();
  const never = () => new Promise<never>(() => {});
  const view = new Proxy(store, {
    get(target, key): unknown {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]) => {
        if (!alive) return never();
        if (chance()) throw new Error(`${String(key)} failed`);
        if (key === 'runTransactional') held.add((given[0] as { id: string }).id);
        if (key === 'runTogether') for (const { lease } of given[2] as Parts) held.add(lease.id);
        const result: unknown = await Reflect.apply(method, target, given);
        if (!alive) return never();
        // Done, and the answer is lost.
        if (chance()) throw new Error(`the answer to ${String(key)} was lost`);
        return result;
      };
    },
  }) as unknown as ProcessStore;
  const kill = () => {
    alive = false;
    for (const id of held) store.locked.delete(id);
  };
  return { view, kill };
}

/** Numbers that look random and are the same in every run of one seed. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('two workers whose database, handlers and processes fail at random', () => {
  it.each([
    ['transactional', true],
    ['grouped', 'grouped'],
  ] as const)(
    'bring every event to its end, with the writes of %s handlers there once',
    async (_, value) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
          const random = dice(seed);
          const timers = new ManualTime();
          const store = new MemoryStore(timers);
          let calm = false;
          const chance = (share: number) => !calm && random() < share;
          const effects = new Map<string, number>();
          const pause = () => new Promise<void>((done) => timers.after(random() * 40_000, done));
          const handlers: RegisteredHandler[] = ['tx', 'mail'].map((name) => ({
            name,
            source: 'armalo',
            patterns: ['*'],
            options: { transactional: name === 'tx' && value },
            async invoke(__, context) {
              if (chance(0.3)) await pause();
              if (chance(0.2)) throw new Error('handler failed');
              if (name === 'tx') {
                (context.manager as EntityManager & { write(text: string): void }).write(
                  context.eventId,
                );
              } else effects.set(context.eventId, (effects.get(context.eventId) ?? 0) + 1);
            },
          }));

          const startProcess = () => {
            const { view, kill } = connect(store, () => chance(0.03));
            const logger = new LogBook();
            const dispatcher = new Dispatcher({
              store: view,
              runner: new HandlerRunner({
                store: view,
                leaseMs: LEASE,
                transactions: 2,
                timers,
                loggerOf: () => logger,
              }),
              handlers: { handlersFor: () => handlers },
              sources: [source],
              handOver: new HandOver(
                new OtherReplicas(view, 'this one', timers),
                timers,
                random,
                logger,
              ),
              retry: { ...defaultRetryPolicy, attempts: 1_000, maxDelay: 60_000 },
              timers,
              random,
              clock: timers,
              logger,
            });
            const loop = new InProcess({
              store: view,
              dispatch: dispatcher.dispatch.bind(dispatcher),
              settings: {
                concurrency: 4,
                transactions: 2,
                lease: LEASE,
                pollInterval: 5_000,
                maxStalledCount: 1_000,
              },
              sources: ['armalo'],
              needing: (needs) => (needs === 'transaction' ? [{ source: 'armalo' }] : []),
              timers,
              random,
              logger,
            });
            loop.start();
            return { loop, kill };
          };

          let processes = [startProcess(), startProcess()];
          for (let turn = 0; turn < 12; turn++) {
            store.add(Math.floor(random() * 4));
            await timers.pass(random() * 60_000);
            const victim = processes[Math.floor(random() * 2)];
            if (chance(0.3)) victim?.kill();
            else if (chance(0.2)) {
              const stopping = victim?.loop.stop({ graceMs: 15_000 });
              await timers.pass(20_000);
              await stopping;
            } else continue;
            processes = [...processes.filter((process) => process !== victim), startProcess()];
          }
          calm = true;
          await timers.pass(30 * 60_000);

          const ids = [...store.rows.values()].map((row) => row.eventId);
          expect(store.states()).toBe(ids.map(() => 'done').join(' '));
          expect([...store.written].sort()).toEqual([...ids].sort());
          expect(ids.filter((id) => !effects.has(id))).toEqual([]);
          for (const process of processes) process.kill();
        }),
        { numRuns: 15, endOnFailure: true },
      );
    },
  );
});
