import type { LoggerService } from '@nestjs/common';
import { errorType, LATE, within, type Timers } from '../../core/index.js';
import type { EventCount, InboxAdmin } from '../../inbox/index.js';
import type { DeliveryHealth } from '../../reconcile/index.js';
import type { OverviewView } from '../api.types.js';
import type { Statistics } from '../statistics/statistics.js';
import { DATABASE_AWAY } from './attention/database-away.js';
import { attentionTo } from './attention/attention.js';
import { firstMinute, minutesView } from './minutes.view.js';
import type { OverviewFacts, PollerFacts } from './overview.facts.js';
import { serviceFromMemory, serviceView } from './service.view.js';

/** The same for all who ask within so long. */
const SHARED_MS = 2_000;
/** Then the database is taken for away. */
const LONGEST_MS = 3_000;
const HOUR_MS = 3_600_000;
/** Of done and ignored events there are always many, and all of them are read that are counted. */
const MANY_COUNTED_EVERY_MS = 10_000;

export interface OpsOverviewDependencies {
  readonly sources: readonly string[];
  readonly admin: Pick<InboxAdmin, 'counts' | 'backlog' | 'blockedKey' | 'errors' | 'database'>;
  readonly statistics: Pick<Statistics, 'time' | 'since' | 'ownSince'>;
  readonly deliveries: Pick<DeliveryHealth, 'read'>;
  readonly poller: () => PollerFacts;
  readonly timers: Pick<Timers, 'now' | 'after'>;
  readonly logger: Pick<LoggerService, 'warn'>;
}

/** How everything does. Nothing of it counts the inbox. */
export class OpsOverview {
  private shared: { readonly at: number; readonly view: Promise<OverviewView> } | undefined;
  private underway: Promise<OverviewView> | undefined;
  private many: { readonly at: number; readonly counts: readonly EventCount[] } | undefined;
  private failure: string | undefined;
  private readonly began: number;

  constructor(private readonly dependencies: OpsOverviewDependencies) {
    this.began = dependencies.timers.now();
  }

  /** Never rejects: where the database is away, it says so, with what this process remembers. */
  read(): Promise<OverviewView> {
    const at = this.dependencies.timers.now();
    if (!this.shared || at - this.shared.at >= SHARED_MS) {
      this.shared = { at, view: this.readInTime() };
    }
    return this.shared.view;
  }

  private async readInTime(): Promise<OverviewView> {
    // One that hangs is waited for again: each further one would hang too, and take its connection.
    this.underway ??= this.readNow().finally(() => (this.underway = undefined));
    try {
      const view = await within(this.underway, LONGEST_MS, this.dependencies.timers);
      if (view !== LATE) {
        this.failure = undefined;
        return view;
      }
      this.tell(`no answer within ${LONGEST_MS} ms`);
    } catch (error) {
      // The text of a driver's error may quote values.
      this.tell(errorType(error));
    }
    return this.away();
  }

  private async readNow(): Promise<OverviewView> {
    const facts = await this.facts();
    const { now, sources, minutes } = facts;
    return {
      now,
      database: 'up',
      attention: attentionTo(facts),
      services: sources.map((source) => serviceView(source, facts)),
      minutes: minutesView(minutes, sources, now),
    };
  }

  /** One after the other: deliveries need the connections more. */
  private async facts(): Promise<OverviewFacts> {
    const { admin, statistics, deliveries, sources, poller, timers } = this.dependencies;
    const now = statistics.time.now();
    return {
      now,
      uptime: timers.now() - this.began,
      sources,
      counts: [...(await admin.counts(['open', 'waiting', 'dead'])), ...(await this.countMany())],
      backlog: await admin.backlog(),
      blocked: await admin.blockedKey(),
      errors: await admin.errors({ diedWithin: HOUR_MS }),
      deliveries: await deliveries.read(),
      minutes: await statistics.since(firstMinute(now)),
      poller: poller(),
      ...(await admin.database()),
    };
  }

  private async countMany(): Promise<readonly EventCount[]> {
    const { admin, timers } = this.dependencies;
    const at = timers.now();
    if (!this.many || at - this.many.at >= MANY_COUNTED_EVERY_MS) {
      this.many = { at, counts: await admin.counts(['done', 'ignored']) };
    }
    return this.many.counts;
  }

  private away(): OverviewView {
    const { statistics, sources, poller } = this.dependencies;
    const now = statistics.time.now();
    const minutes = statistics.ownSince(firstMinute(now));
    return {
      now,
      database: 'away',
      attention: [DATABASE_AWAY],
      services: sources.map((source) => serviceFromMemory(source, minutes, poller())),
      minutes: minutesView(minutes, sources, now),
    };
  }

  /** Once for each cause, however often a page asks. */
  private tell(cause: string): void {
    if (cause === this.failure) return;
    this.failure = cause;
    this.dependencies.logger.warn(`The overview cannot be read from the database (${cause}).`);
  }
}
