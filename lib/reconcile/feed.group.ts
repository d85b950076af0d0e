import { createHash } from 'node:crypto';
import type { Timers } from '../core/index.js';
import type { LeaderLock } from '../inbox/index.js';
import type { FeedReport, FeedRunner } from './feed.runner.js';

export interface FeedGroupDependencies {
  readonly source: string;
  readonly account: string;
  readonly runners: readonly FeedRunner[];
  /** Unique to this process. */
  readonly owner: string;
  readonly store: LeaderLock;
  /** Milliseconds after which another replica takes over from one that has died. */
  readonly lease: number;
  readonly timers: Timers;
}

/** The feeds of one account of one service: one replica at a time polls them. */
export class FeedGroup {
  private readonly lock: string;
  private held = false;
  private polls = 0;

  constructor(private readonly dependencies: FeedGroupDependencies) {
    const { source, account } = dependencies;
    const hash = createHash('sha256').update(account).digest('hex').slice(0, 16);
    this.lock = `reconcile:${source.slice(0, 30)}:${account === '' ? '' : hash}`;
  }

  /** @returns undefined where another replica polls them */
  async run(stopping: AbortSignal): Promise<readonly FeedReport[] | undefined> {
    if (!(await this.hold())) return undefined;
    const { timers, lease } = this.dependencies;
    const ended = new AbortController();
    const lost = new AbortController();
    const signal = AbortSignal.any([stopping, lost.signal]);
    const renewing = this.renew(timers, lease, ended.signal, lost);
    const reports: FeedReport[] = [];
    try {
      for (const runner of this.inTurn()) {
        if (signal.aborted) break;
        const report = await runner.run(signal);
        reports.push(report);
        // The others have the same key.
        if (report.outcome === 'rate-limited') break;
      }
      return reports;
    } finally {
      ended.abort();
      await renewing;
    }
  }

  /** Another replica may go on at once. */
  async release(): Promise<void> {
    if (!this.held) return;
    this.held = false;
    await this.dependencies.store
      .holdLeaderLock(this.lock, this.dependencies.owner, 0)
      .catch(() => undefined);
  }

  /** Another one first each time: they share a rate limit, and none may starve. */
  private inTurn(): readonly FeedRunner[] {
    const { runners } = this.dependencies;
    const first = this.polls++ % runners.length;
    return [...runners.slice(first), ...runners.slice(0, first)];
  }

  private async hold(): Promise<boolean> {
    const { store, owner, lease } = this.dependencies;
    this.held = await store.holdLeaderLock(this.lock, owner, lease);
    return this.held;
  }

  private async renew(
    timers: Timers,
    lease: number,
    ended: AbortSignal,
    lost: AbortController,
  ): Promise<void> {
    while (!ended.aborted && !lost.signal.aborted) {
      await timers.sleep(lease / 3, ended).catch(() => undefined);
      if (ended.aborted) return;
      const held = await this.hold().catch(() => false);
      if (!held) lost.abort(new Error('Another replica has taken the polling over.'));
    }
  }
}
