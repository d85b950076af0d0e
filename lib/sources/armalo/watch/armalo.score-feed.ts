import {
  readInstant,
  systemClock,
  type EventFeed,
  type SourceEvent,
  type WatchedSubject,
} from '../../../core/index.js';
import type { ApiCallOptions } from '../../../api-client/index.js';
import type { ArmaloScore } from '../api/armalo.api-types.js';
import type { ArmaloClient } from '../api/armalo.client.js';
import {
  readMemory,
  remembered,
  rememberedValue,
  writtenMemory,
  type FactMemory,
} from './armalo.fact.js';
import { polledEvent, type ArmaloFeedSurroundings } from './armalo.polled-event.js';
import { WatchPoll, type WatchPollDependencies } from './watch.poll.js';
import type { Watched } from './watch.store.js';

export interface ArmaloScoreFeedDependencies extends WatchPollDependencies, ArmaloFeedSurroundings {
  readonly client: Pick<ArmaloClient, 'scores'>;
}

/** Finds that a watched agent's score has changed; the first sight of one is no change. */
export class ArmaloScoreFeed implements EventFeed {
  readonly name = 'armalo-scores';
  readonly source = 'armalo';
  readonly account: string;
  private readonly poller: WatchPoll;

  constructor(private readonly dependencies: ArmaloScoreFeedDependencies) {
    this.account = dependencies.account ?? '';
    // 404: an agent without a score, maybe; the route itself is documented.
    this.poller = new WatchPoll('score', undefined, dependencies);
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
    const score = await this.dependencies.client.scores.get(watched.subject, call);
    const { compositeScore: value } = score;
    const memory = readMemory(watched.state);
    if (value === null || value === memory.value) return;
    if (memory.value !== undefined) yield [this.event(watched.subject, score, memory)];
    // Done by the event's own transaction already, unless this is the first sight, or the application's
    // `identify` has made it a duplicate.
    const after = remembered({ value, at: readInstant(score.computedAt) }, memory);
    await this.dependencies.store.remember(watched, writtenMemory(after));
  }

  private event(agentId: string, score: ArmaloScore, memory: FactMemory): SourceEvent {
    const { source, clock = systemClock } = this.dependencies;
    const { compositeScore, certificationTier } = score;
    const sure = { agentId, compositeScore, certificationTier, previousScore: memory.value };
    const { dimensions, computedAt } = score;
    const polled = (data: object): SourceEvent =>
      polledEvent(source, this.account, clock, { event: 'score.changed', data, at: computedAt });
    const full = polled({
      ...sure,
      ...(dimensions && { dimensions }),
      ...(computedAt && { computedAt }),
    });
    return full.problems.length === 0 ? full : polled(sure);
  }
}
