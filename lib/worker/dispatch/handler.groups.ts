import { AsyncResource } from 'node:async_hooks';
import { Aborter, Semaphore, type Timers } from '../../core/index.js';
import type { RegisteredHandler } from '../../handlers/index.js';
import type {
  Ends,
  TransactionalOutcome,
  TransactionalPart,
  WorkStore,
} from '../../inbox/index.js';
import type { Slot } from '../execution/slot.js';
import { untilOrGivenUp } from '../until.js';
import type { ConnectionWait } from './connection.wait.js';
import { timedOut, timeoutOf } from './deadline.js';
import { callHandler, type HandlerCall } from './handler.call.js';

/** Events that share a transaction at most. */
export const LARGEST_GROUP = 100;

/** What became of an event in its group. `alone`: all was rolled back, and it is to be run by itself. */
export type GroupOutcome = TransactionalOutcome | 'given-up' | 'alone';

interface Member {
  readonly call: HandlerCall;
  /** Of the event; a group begins in that of another one. */
  readonly context: AsyncResource;
  readonly ends: Ends;
  readonly resolve: (outcome: GroupOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface HandlerGroupsDependencies {
  readonly store: Pick<WorkStore, 'runTogether'>;
  readonly leaseMs: number;
  /** Shared with those that have a transaction to themselves. */
  readonly transactions: Semaphore;
  readonly connections: ConnectionWait;
  readonly timers: Timers;
}

/** Groups of one handler that are under way at once: more keep no database busier, and meet at more rows. */
const GROUPS_AT_ONCE = 4;
/** So long after a group was rolled back, its handler's groups run one after the other. */
const CAREFUL_MS = 10_000;

interface Queue {
  readonly waiting: Member[];
  readonly underway: Set<Promise<void>>;
  carefulUntil: number;
  forming: boolean;
}

/**
 * Handlers that share transactions: the events that come while groups are under way are the next one, so a busy
 * worker shares commits and an idle one waits for nobody. Two groups that write to the same rows of the application
 * may deadlock, as their events come in no order of those; so after a rollback there is one at a time.
 */
export class HandlerGroups {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly dependencies: HandlerGroupsDependencies) {}

  /** @throws what the handler throws, where its event was the only one of its group */
  run(call: HandlerCall, ends: Ends): Promise<GroupOutcome> {
    return new Promise((resolve, reject) => {
      const queue = this.queueOf(call.handler);
      const context = new AsyncResource('armox-armalo:grouped-event');
      const member = { call, context, ends, resolve, reject };
      call.signal.addEventListener('abort', () => leave(queue, member));
      queue.waiting.push(member);
      if (queue.forming) return;
      queue.forming = true;
      // After those that get here in this very turn.
      setImmediate(() => void this.form(queue));
    });
  }

  private queueOf({ name }: RegisteredHandler): Queue {
    let queue = this.queues.get(name);
    if (!queue) {
      queue = { waiting: [], underway: new Set(), carefulUntil: -Infinity, forming: false };
      this.queues.set(name, queue);
    }
    return queue;
  }

  private async form(queue: Queue): Promise<void> {
    const { transactions, timers } = this.dependencies;
    const atOnce = () => (timers.now() < queue.carefulUntil ? 1 : GROUPS_AT_ONCE);
    while (queue.waiting.length > 0) {
      while (queue.underway.size >= atOnce()) await Promise.race(queue.underway);
      // Each permit comes free within the timeout of its holder.
      const free = await transactions.acquire(NEVER);
      const ending = () => transactions.passOn(free);
      const members = queue.waiting.splice(0, LARGEST_GROUP);
      const group = this.carryOut(queue, members, ending).finally(() => {
        free();
        queue.underway.delete(group);
      });
      queue.underway.add(group);
    }
    queue.forming = false;
  }

  private async carryOut(
    queue: Queue,
    members: readonly Member[],
    ending: () => boolean,
  ): Promise<void> {
    if (members.length === 0) return;
    try {
      const outcomes = await this.inTransaction(members, ending);
      members.forEach(({ resolve }, at) =>
        resolve(outcomes === 'given-up' ? outcomes : (outcomes[at] ?? 'lease-lost')),
      );
    } catch (error) {
      const [only] = members;
      if (members.length === 1) return only?.reject(error);
      queue.carefulUntil = this.dependencies.timers.now() + CAREFUL_MS;
      for (const { resolve } of members) resolve('alone');
    }
  }

  private async inTransaction(
    members: readonly Member[],
    ending: () => boolean,
  ): Promise<readonly TransactionalOutcome[] | 'given-up'> {
    const { store, leaseMs, timers } = this.dependencies;
    const { handler } = (members[0] as Member).call;
    const over = new Aborter();
    const stops = members.map(({ call: { signal } }) => {
      const onAbort = (): void => over.abort(signal.reason as Error);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort);
      return () => signal.removeEventListener('abort', onAbort);
    });
    const parts = members.map(({ call, context, ends }): TransactionalPart => ({
      lease: { id: call.row.id, token: call.row.token },
      work: async (manager) => {
        try {
          await context.runInAsyncScope(() => callHandler({ ...call, signal: over, manager }));
        } catch (error) {
          over.abort(error as Error);
          throw error;
        }
      },
      ends,
    }));
    const turn = { signal: over, connecting: this.connecting(members[0] as Member, over), ending };
    try {
      const transaction = store.runTogether(handler.name, leaseMs, parts, turn);
      return await untilOrGivenUp(transaction, [over], timers);
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** The wait for a connection lasts as long as the handler may. */
  private connecting({ call: { handler, logger } }: Member, over: Aborter) {
    const { connections, timers } = this.dependencies;
    return async <T>(connect: () => Promise<T>): Promise<T> => {
      const timeout = timeoutOf(handler);
      const cancel = timers.after(timeout, () => over.abort(timedOut(handler, timeout)));
      try {
        return await connections.until(connect, WITHOUT_SLOT, logger);
      } finally {
        cancel();
      }
    };
  }
}

/** Its members have given their slots up already. */
const WITHOUT_SLOT: Slot = { whileWaiting: (wait) => wait() };

const NEVER = new Aborter();

/** Lease lost, or shutdown, while it waits for a transaction. */
function leave({ waiting }: Queue, member: Member): void {
  const at = waiting.indexOf(member);
  if (at < 0) return;
  waiting.splice(at, 1);
  member.reject(member.call.signal.reason);
}
