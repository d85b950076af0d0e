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

/**
 * Handlers that share transactions: the events that come while all transactions are in use are the next group, so
 * a busy worker shares commits and an idle one waits for nobody.
 */
export class HandlerGroups {
  private readonly gathering = new Map<string, Member[]>();

  constructor(private readonly dependencies: HandlerGroupsDependencies) {}

  /** @throws what the handler throws, where its event was the only one of its group */
  run(call: HandlerCall, ends: Ends): Promise<GroupOutcome> {
    return new Promise((resolve, reject) => {
      const { handler, signal } = call;
      const member = { call, ends, resolve, reject };
      const members = this.gathering.get(handler.name);
      signal.addEventListener('abort', () => this.leave(member));
      if (members) return void members.push(member);
      this.gathering.set(handler.name, [member]);
      // After those that get here in this very turn.
      setImmediate(() => void this.form(handler));
    });
  }

  /** Lease lost, or shutdown, while it waits for a transaction. */
  private leave(member: Member): void {
    const members = this.gathering.get(member.call.handler.name) ?? [];
    const at = members.indexOf(member);
    if (at < 0) return;
    members.splice(at, 1);
    member.reject(member.call.signal.reason);
  }

  private async form({ name }: RegisteredHandler): Promise<void> {
    const { transactions } = this.dependencies;
    const members = this.gathering.get(name) ?? [];
    while (members.length > 0) {
      // Each permit comes free within the timeout of its holder.
      const leave = await transactions.acquire(NEVER);
      const group = members.splice(0, LARGEST_GROUP);
      if (group.length === 0) leave();
      else void this.carryOut(group).finally(leave);
    }
    this.gathering.delete(name);
  }

  private async carryOut(members: readonly Member[]): Promise<void> {
    try {
      const outcomes = await this.inTransaction(members);
      members.forEach(({ resolve }, at) =>
        resolve(outcomes === 'given-up' ? outcomes : (outcomes[at] ?? 'lease-lost')),
      );
    } catch (error) {
      const [only] = members;
      if (members.length === 1) only?.reject(error);
      else for (const { resolve } of members) resolve('alone');
    }
  }

  private async inTransaction(
    members: readonly Member[],
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
    const parts = members.map(({ call, ends }): TransactionalPart => ({
      lease: { id: call.row.id, token: call.row.token },
      work: async (manager) => {
        try {
          await callHandler({ ...call, signal: over, manager });
        } catch (error) {
          over.abort(error as Error);
          throw error;
        }
      },
      ends,
    }));
    const turn = { signal: over, connecting: this.connecting(members[0] as Member, over) };
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
