import type { InsertHook, InboxDatabase } from '../../../inbox/index.js';
import { factOf, readMemory, reconcileFact, writtenMemory } from './armalo.fact.js';
import { watchIdentity, WatchStore } from './watch.store.js';

/**
 * Decides, in the transaction of the insert, whether a score or an escrow's status is a change: webhook
 * and poller may bring the same one, in either order or at once, and it is handled once.
 */
export function armaloFactHook(parts: InboxDatabase): InsertHook {
  const store = new WatchStore(parts);
  return {
    source: 'armalo',
    concerns: (event) => factOf(event) !== undefined,
    *afterInsert(stored) {
      const told = stored.flatMap(({ event, origin, rowId }) => {
        const fact = factOf(event);
        if (!fact) return [];
        const identity = watchIdentity(event.account, fact.kind, fact.subject);
        return [{ fact, origin, rowId, identity, key: identity.toString('hex') }];
      });
      const identities = new Map(told.map(({ key, identity }) => [key, identity]));
      const locked = yield* store.lock([...identities.values()]);
      const repeated = new Set<string>();
      const states = new Map<string, string>();
      for (const { rowId, key, state, now } of locked) {
        let memory = readMemory(state);
        for (const item of told.filter((one) => one.key === key)) {
          const reconciled = reconcileFact(memory, item.fact, item.origin, now);
          memory = reconciled.memory;
          if (!reconciled.isChange) repeated.add(item.rowId);
        }
        const after = writtenMemory(memory);
        if (after !== state) states.set(rowId, after);
      }
      yield* store.write(states);
      return repeated;
    },
  };
}
