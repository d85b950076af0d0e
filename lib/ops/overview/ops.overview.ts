import type { LoggerService } from '@nestjs/common';
import type { Timers } from '../../core/index.js';
import type { EventCount, InboxAdmin, MinuteStore } from '../../inbox/index.js';
import type { DeliveryHealth, FeedStatus } from '../../reconcile/index.js';
import type { AttentionView, EventStateView, OverviewView, ServiceView } from '../api.types.js';
import type { MinuteCounter } from '../statistics/minute.counter.js';
import { attentionTo } from './attention.js';
import { firstMinute, handlerTime, minutesView } from './minutes.view.js';
import type { OverviewFacts } from './overview.facts.js';

/** The same for all who ask within so long. */
const SHARED_MS = 2_000;
const STATES: readonly EventStateView[] = ['open', 'running', 'waiting', 'done', 'ignored', 'dead'];

export interface OpsOverviewDependencies {
  readonly sources: readonly string[];
  readonly admin: Pick<InboxAdmin, 'counts' | 'backlog' | 'blockedKey' | 'errors' | 'database'>;
  readonly minutes: Pick<MinuteStore, 'since'>;
  /** What this process has counted itself. */
  readonly counter: MinuteCounter;
  readonly deliveries: Pick<DeliveryHealth, 'read'>;
  readonly feeds: () => readonly FeedStatus[];
  /** When this process polls next, in epoch milliseconds. */
  readonly nextPollAt: () => number | null;
  readonly timers: Pick<Timers, 'now'>;
  /** Epoch milliseconds, of this process. */
  readonly now: () => number;
  readonly logger: Pick<LoggerService, 'warn'>;
}

/** How everything does. Nothing of it counts the inbox. */
export class OpsOverview {
  private reading: { readonly since: number; readonly view: Promise<OverviewView> } | undefined;

  private failure: string | undefined;

  constructor(private readonly dependencies: OpsOverviewDependencies) {}

  /** Never rejects: where the database is away, it says so, with what this process remembers. */
  read(): Promise<OverviewView> {
    const now = this.dependencies.timers.now();
    if (!this.reading || now - this.reading.since >= SHARED_MS) {
      this.reading = {
        since: now,
        view: this.readNow().catch((error: unknown) => this.away(error)),
      };
    }
    return this.reading.view;
  }

  private async readNow(): Promise<OverviewView> {
    const facts = await this.facts();
    this.failure = undefined;
    return {
      now: facts.now,
      database: 'up',
      attention: attentionTo(facts),
      services: facts.sources.map((source) => this.service(source, facts)),
      minutes: minutesView(facts.minutes, facts.sources, facts.now),
    };
  }

  private async facts(): Promise<OverviewFacts> {
    const { admin, minutes, deliveries, sources, feeds, now } = this.dependencies;
    const [counts, backlog, blocked, errors, delivered, counted, database] = await Promise.all([
      admin.counts(),
      admin.backlog(),
      admin.blockedKey(),
      admin.errors(),
      deliveries.read(),
      minutes.since(firstMinute(now())),
      admin.database(),
    ]);
    return {
      now: now(),
      sources,
      counts,
      backlog,
      blocked,
      errors,
      deliveries: delivered,
      minutes: counted,
      feeds: feeds(),
      ...database,
    };
  }

  /** Once for each cause, however often a page asks. The text of a driver's error may quote values. */
  private tell(error: unknown): void {
    const cause = causeOf(error);
    if (cause === this.failure) return;
    this.failure = cause;
    this.dependencies.logger.warn(`The overview cannot be read from the database (${cause}).`);
  }

  private service(source: string, facts: OverviewFacts): ServiceView {
    const delivery = facts.deliveries.find((each) => each.source === source);
    return {
      source,
      counts: countsOf(source, facts.counts),
      oldestDue: facts.backlog.find((each) => each.source === source)?.oldest ?? null,
      handlerTime: handlerTime(facts.minutes, source),
      lastWebhookAge: delivery?.lastWebhookAge ?? null,
      usualGap: delivery?.usualGap ?? null,
      repairedShare: delivery?.repairedShare ?? null,
      nextPollAt: facts.feeds.some((each) => each.source === source)
        ? this.dependencies.nextPollAt()
        : null,
    };
  }

  private away(error: unknown): OverviewView {
    this.tell(error);
    const { counter, sources } = this.dependencies;
    const now = this.dependencies.now();
    return {
      now,
      database: 'away',
      attention: [AWAY],
      services: [],
      minutes: minutesView(counter.lastHour(), sources, now),
    };
  }
}

function causeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'error';
}

const AWAY: AttentionView = {
  kind: 'database-away',
  urgent: true,
  title: 'The database does not answer.',
  advice:
    'Deliveries are answered 503 meanwhile, so that their senders keep them. The charts show what this process has counted itself.',
  filter: null,
};

function countsOf(source: string, counts: readonly EventCount[]): ServiceView['counts'] {
  const of = (state: EventStateView) => {
    const found = counts.find((each) => each.source === source && each.state === state);
    return { count: found?.count ?? 0, more: found?.more ?? false };
  };
  return Object.fromEntries(STATES.map((state) => [state, of(state)])) as ServiceView['counts'];
}
