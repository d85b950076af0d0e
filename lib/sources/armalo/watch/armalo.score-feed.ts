import { readInstant, systemClock, type Feed, type SourceEvent } from '../../../core/index.js';
import type { CallOptions } from '../../../api-client/index.js';
import type { ArmaloScore } from '../api/armalo.api-types.js';
import type { ArmaloClient } from '../api/armalo.client.js';
import { readMemory, type FactMemory } from './armalo.fact.js';
import { polledEvent, type ArmaloFeedSurroundings } from './armalo.polled-event.js';
import { WatchRound, type WatchRoundParts } from './watch.poll.js';
import type { Watched } from './watch.store.js';

export interface ArmaloScoreFeedParts extends WatchRoundParts, ArmaloFeedSurroundings {
  readonly client: Pick<ArmaloClient, 'scores'>;
}

/** Finds that a watched agent's score has changed; the first sight of one is no change. */
export class ArmaloScoreFeed implements Feed {
  readonly name = 'armalo-scores';
  readonly source = 'armalo';
  readonly account: string;
  private readonly round: WatchRound;

  constructor(private readonly parts: ArmaloScoreFeedParts) {
    this.account = parts.account ?? '';
    // 404: an agent without a score, maybe; the route itself is documented.
    this.round = new WatchRound('score', undefined, parts);
  }

  poll(signal: AbortSignal): AsyncGenerator<readonly SourceEvent[]> {
    return this.round.run(signal, (watched, call) => this.look(watched, call));
  }

  private async *look(watched: Watched, call: CallOptions): AsyncGenerator<readonly SourceEvent[]> {
    const score = await this.parts.client.scores.get(watched.subject, call);
    const { compositeScore: value } = score;
    const memory = readMemory(watched.state);
    if (value === null || value === memory.value) return;
    if (memory.value !== undefined) yield [this.event(watched.subject, score, memory)];
    // Done by the event's own transaction already, unless this is the first sight, or the application's
    // `identify` has made it a duplicate.
    const at = readInstant(score.computedAt);
    const after: FactMemory = { ...memory, value, ...(at !== undefined && { at }) };
    await this.parts.store.remember(watched, JSON.stringify(after));
  }

  private event(agentId: string, score: ArmaloScore, memory: FactMemory): SourceEvent {
    const { source, clock = systemClock } = this.parts;
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
