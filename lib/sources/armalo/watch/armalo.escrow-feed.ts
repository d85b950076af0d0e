import {
  systemClock,
  type EventFeed,
  type SourceEvent,
  type WatchedSubject,
} from '../../../core/index.js';
import type { ApiCallOptions } from '../../../api-client/index.js';
import type { ArmaloClient } from '../api/armalo.client.js';
import { readMemory, remembered, rememberedValue, writtenMemory } from './armalo.fact.js';
import { polledEvent, type ArmaloFeedSurroundings } from './armalo.polled-event.js';
import { WatchPoll, type WatchPollDependencies } from './watch.poll.js';
import type { Watched } from './watch.store.js';

export interface ArmaloEscrowFeedDependencies
  extends WatchPollDependencies, ArmaloFeedSurroundings {
  readonly client: Pick<ArmaloClient, 'escrow'>;
}

/** The statuses that have a webhook; the documents disagree about all others (docs/contract.md#armalo-open-points). */
const TOLD: ReadonlyMap<string, string> = new Map([
  ['funded', 'funded'],
  ['released', 'released'],
  ['settled', 'released'],
  ['disputed', 'disputed'],
  ['expired', 'expired'],
]);

/** Finds that a watched escrow's status has changed; the first sight of one is no change. */
export class ArmaloEscrowFeed implements EventFeed {
  readonly name = 'armalo-escrow';
  readonly source = 'armalo';
  readonly account: string;
  private readonly poller: WatchPoll;

  constructor(private readonly dependencies: ArmaloEscrowFeedDependencies) {
    this.account = dependencies.account ?? '';
    this.poller = new WatchPoll('escrow', '/escrow/:id', dependencies);
  }

  poll(signal: AbortSignal): AsyncGenerator<readonly SourceEvent[]> {
    return this.poller.run(signal, (watched, call) => this.check(watched, call));
  }

  watched(limit: number): Promise<readonly WatchedSubject[]> {
    return this.poller.subjects(limit, rememberedValue);
  }

  private async *check(
    watched: Watched,
    call: ApiCallOptions,
  ): AsyncGenerator<readonly SourceEvent[]> {
    const { client, source, store, clock = systemClock } = this.dependencies;
    const escrow = await client.escrow.get(watched.subject, call);
    const memory = readMemory(watched.state);
    const value = TOLD.get(escrow.status ?? '') ?? escrow.status;
    if (value === undefined || value === memory.value) return;
    if (memory.value !== undefined && TOLD.has(value)) {
      const { id: _id, ...shown } = escrow;
      const data = { ...shown, escrowId: watched.subject, previousStatus: memory.value };
      yield [polledEvent(source, this.account, clock, { event: `escrow.${value}`, data })];
    }
    await store.remember(watched, writtenMemory(remembered({ value, at: undefined }, memory)));
  }
}
