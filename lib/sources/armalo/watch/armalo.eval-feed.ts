import {
  isJsonObject,
  readInstant,
  systemClock,
  type EventFeed,
  type SourceEvent,
  type WatchedSubject,
} from '../../../core/index.js';
import type { ApiCallOptions } from '../../../api-client/index.js';
import type { ArmaloEval, ArmaloList } from '../api/armalo.api-types.js';
import type { ArmaloClient } from '../api/armalo.client.js';
import { armaloEvalEnd } from '../api/armalo.eval-status.js';
import { polledEvent, type ArmaloFeedSurroundings } from './armalo.polled-event.js';
import { WatchPoll, type WatchPollDependencies } from './watch.poll.js';
import { UNSEEN, type Watched } from './watch.store.js';

export interface ArmaloEvalFeedDependencies extends WatchPollDependencies, ArmaloFeedSurroundings {
  readonly client: Pick<ArmaloClient, 'evals'>;
}

const BATCH = 50;
/** Pages that are read where the first one holds nothing but news. */
const MORE_PAGES = 5;
/** Ended so little before the watch began that the times are too rough to tell. */
const SLACK_MS = 60_000;

/** Finds how evaluations of watched agents have ended, those that ended before the watch began aside. */
export class ArmaloEvalFeed implements EventFeed {
  readonly name = 'armalo-evals';
  readonly source = 'armalo';
  readonly account: string;
  private readonly poller: WatchPoll;
  private warned = false;

  constructor(private readonly dependencies: ArmaloEvalFeedDependencies) {
    this.account = dependencies.account ?? '';
    this.poller = new WatchPoll('evals', '/evals', dependencies);
  }

  poll(signal: AbortSignal): AsyncGenerator<readonly SourceEvent[]> {
    return this.poller.run(signal, (watched, call) => this.check(watched, call));
  }

  watched(limit: number): Promise<readonly WatchedSubject[]> {
    return this.poller.subjects(limit, seenText);
  }

  private async *check(
    watched: Watched,
    call: ApiCallOptions,
  ): AsyncGenerator<readonly SourceEvent[]> {
    const seen = readSeen(watched.state);
    const { items, date } = await this.list(watched.subject, seen, call);
    const ended = items.filter(({ status }) => armaloEvalEnd(status) !== undefined);
    const news = ended.filter((run) => !seen.has(run.id) && isSinceWatch(run, watched, date));
    const events: SourceEvent[] = [];
    for (const run of news) {
      const event = await this.event(run, watched.subject, call);
      if (event) events.push(event);
    }
    for (let start = 0; start < events.length; start += BATCH) {
      yield events.slice(start, start + BATCH);
    }
    const state = JSON.stringify({ seen: ended.map(({ id }) => id) });
    if (state !== watched.state) await this.dependencies.store.remember(watched, state);
  }

  private async list(
    agentId: string,
    seen: ReadonlySet<string>,
    call: ApiCallOptions,
  ): Promise<ArmaloList<ArmaloEval>> {
    const { evals } = this.dependencies.client;
    const first = await evals.list({ agentId, limit: 100, maxPages: 1, ...call });
    const allNew = first.items.every(({ id }) => !seen.has(id));
    if (!first.truncated || !allNew || seen.size === 0) return first;
    return evals.list({ agentId, limit: 100, maxPages: MORE_PAGES, ...call });
  }

  private async event(
    listed: ArmaloEval,
    agentId: string,
    call: ApiCallOptions,
  ): Promise<SourceEvent | undefined> {
    const end = armaloEvalEnd(listed.status);
    if (end === 'cancelled') return undefined;
    const event = this.build(listed, agentId);
    if (event.problems.length === 0) return event;
    // The list may show less than the evaluation itself does.
    const whole = this.build(await this.dependencies.client.evals.get(listed.id, call), agentId);
    if (whole.problems.length === 0) return whole;
    // Stored as it is, it would keep the webhook's sound one out.
    this.warn(`${listed.id} (${whole.problems.join('; ')})`);
    return undefined;
  }

  private build(run: ArmaloEval, agentId: string): SourceEvent {
    const { source, clock = systemClock } = this.dependencies;
    const { id, pactId = null, passed, checksTotal, checksPassed, completedAt: at } = run;
    const common = { evalId: id, agentId: run.agentId ?? agentId, pactId };
    if (armaloEvalEnd(run.status) === 'completed') {
      const data = { ...common, passed, checksTotal, checksPassed };
      return polledEvent(source, this.account, clock, { event: 'eval.completed', data, at });
    }
    const { error, reason } = run;
    const data = { ...common, error, reason };
    return polledEvent(source, this.account, clock, { event: 'eval.failed', data, at });
  }

  private warn(what: string): void {
    if (this.warned) return;
    this.warned = true;
    this.dependencies.logger.warn(
      `Armalo shows the end of evaluation ${what} without the fields of its webhook, so the poller leaves such ones to the webhook.`,
    );
  }
}

/**
 * By ages, each of one clock: that of the watch by the database's, that of the end by Armalo's. Without
 * a time, only one that ended after the first look is certain to be new.
 */
function isSinceWatch(
  run: ArmaloEval,
  { state, createdAt, now }: Watched,
  date: number | undefined,
): boolean {
  const at =
    readInstant(run.completedAt) ?? readInstant(run['updatedAt']) ?? readInstant(run.createdAt);
  if (at === undefined) return state !== UNSEEN;
  return (date ?? now) - at <= now - createdAt + SLACK_MS;
}

/** For people. */
function seenText(state: string): string | null {
  if (state === UNSEEN) return null;
  const { size } = readSeen(state);
  return size === 1 ? '1 evaluation has ended' : `${size} evaluations have ended`;
}

function readSeen(state: string): ReadonlySet<string> {
  const value: unknown = JSON.parse(state);
  const seen = isJsonObject(value) ? value['seen'] : undefined;
  return new Set(Array.isArray(seen) ? (seen as string[]) : []);
}
