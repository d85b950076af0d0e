import { randomUUID } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import {
  systemClock,
  systemRandom,
  systemTimers,
  type Clock,
  type EventFeed,
  type Random,
  type Timers,
  type WatchedSubject,
} from '../core/index.js';
import type { Inbox, LeaderLock } from '../inbox/index.js';
import { FeedGroup } from './feed.group.js';
import { POLL_RULES } from './reconcile.option-rules.js';
import { FeedRunner, type FeedReport } from './feed.runner.js';

export interface ReconcilerDependencies {
  readonly feeds: readonly EventFeed[];
  readonly inbox: Pick<Inbox, 'accept'>;
  readonly store: LeaderLock;
  readonly logger: LoggerService;
  /** Milliseconds after which another replica takes over from one that has died. Default 30,000. */
  readonly lease?: number | undefined;
  readonly random?: Random;
  readonly timers?: Timers;
  /** For the times of `status`. */
  readonly clock?: Clock;
}

/** What a poll came to. */
export interface ReconcileReport {
  readonly feeds: readonly FeedReport[];
  /** `source/account` that another replica polls. */
  readonly elsewhere: readonly string[];
}

/** How a feed of this process did in its last turn. */
export interface FeedStatus {
  readonly feed: string;
  readonly source: string;
  readonly account: string;
  /** Undefined where it has not had its turn here. */
  readonly report: FeedReport | undefined;
  /** When that was, in epoch milliseconds. */
  readonly at: number | undefined;
  /** When it last came to its end without a failure, in epoch milliseconds. */
  readonly doneAt: number | undefined;
  /** Whether another replica polled its account the last time. */
  readonly elsewhere: boolean;
}

/** What a feed asks its service about. */
export interface WatchedByFeed {
  readonly feed: string;
  readonly source: string;
  readonly account: string;
  readonly subjects: readonly WatchedSubject[];
}

interface Turn {
  readonly report: FeedReport;
  readonly at: number;
  readonly doneAt: number | undefined;
}

/** Brings through the inbox's one door what the webhooks have not brought. */
export class Reconciler {
  private readonly groups: ReadonlyMap<string, FeedGroup>;
  private readonly stopping = new AbortController();
  /** Why an account could not be polled in its last poll, where it could not. */
  private readonly leftOut = new Map<string, string>();
  private readonly last = new Map<EventFeed, Turn>();
  private elsewhere: ReadonlySet<string> = new Set();
  private running: Promise<ReconcileReport> | undefined;
  private following: Promise<ReconcileReport> | undefined;

  constructor(private readonly dependencies: ReconcilerDependencies) {
    const owner = randomUUID();
    const byAccount = new Map<string, EventFeed[]>();
    for (const feed of dependencies.feeds) {
      const key = `${feed.source}/${feed.account}`;
      byAccount.set(key, [...(byAccount.get(key) ?? []), feed]);
    }
    const { inbox, store, logger, lease = POLL_RULES.lease.default } = dependencies;
    const { random = systemRandom, timers = systemTimers } = dependencies;
    this.groups = new Map(
      [...byAccount].map(([key, feeds]) => {
        const { source, account } = feeds[0] as EventFeed;
        const runners = feeds.map((feed) => new FeedRunner(feed, inbox, logger, timers, random));
        const group = { source, account, runners, owner, store, lease, timers };
        return [key, new FeedGroup(group)];
      }),
    );
  }

  /** One poll of all feeds, now; after the one that is under way, if there is one. Never two at once in a process. */
  reconcileNow(): Promise<ReconcileReport> {
    if (!this.running) return this.tick();
    this.following ??= this.running.then(() => {
      this.following = undefined;
      return this.tick();
    });
    return this.following;
  }

  /** A poll, unless one is under way: then that one. Never rejects. */
  tick(): Promise<ReconcileReport> {
    this.running ??= this.pollAll().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** How each feed did, as far as this process polls. */
  status(): readonly FeedStatus[] {
    return this.dependencies.feeds.map((feed) => {
      const { name, source, account } = feed;
      const { report, at, doneAt } = this.last.get(feed) ?? {};
      const elsewhere = this.elsewhere.has(`${source}/${account}`);
      return { feed: name, source, account, report, at, doneAt, elsewhere };
    });
  }

  /** What the feeds of this process ask about, the next first, in all replicas together. @param limit of each feed */
  async watched(limit: number): Promise<readonly WatchedByFeed[]> {
    const told = await Promise.all(
      this.dependencies.feeds.map(async (feed) => {
        const { name, source, account } = feed;
        const subjects = await feed.watched?.(limit);
        return subjects ? [{ feed: name, source, account, subjects }] : [];
      }),
    );
    return told.flat();
  }

  /**
   * Resolves when nothing is under way any more, but for a feed that does not heed its signal; another
   * replica can go on at once.
   */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('The application is shutting down.'));
    await this.running;
    await Promise.all([...this.groups.values()].map((group) => group.release()));
  }

  private async pollAll(): Promise<ReconcileReport> {
    const feeds: FeedReport[] = [];
    const elsewhere: string[] = [];
    await Promise.all(
      [...this.groups].map(async ([key, group]) => {
        if (this.stopping.signal.aborted) return;
        try {
          const reports = await group.run(this.stopping.signal);
          this.leftOut.delete(key);
          if (reports) feeds.push(...reports);
          else elsewhere.push(key);
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          // Rounds are seconds apart: a database that is away for an hour is told of once.
          if (this.leftOut.get(key) === text) return;
          this.leftOut.set(key, text);
          this.dependencies.logger.warn(`Polling ${key} is left out until this is over: ${text}`);
        }
      }),
    );
    this.remember(feeds, elsewhere);
    return { feeds, elsewhere };
  }

  private remember(reports: readonly FeedReport[], elsewhere: readonly string[]): void {
    this.elsewhere = new Set(elsewhere);
    const { clock = systemClock, feeds } = this.dependencies;
    for (const report of reports) {
      const feed = feeds.find(({ name }) => name === report.feed);
      if (!feed) continue;
      const at = clock.now();
      const doneAt = report.outcome === 'done' ? at : this.last.get(feed)?.doneAt;
      this.last.set(feed, { report, at, doneAt });
    }
  }
}
