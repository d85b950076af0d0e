import type { LoggerService } from '@nestjs/common';
import {
  systemRandom,
  type EventFeed,
  type Random,
  type SourceEvent,
  type WatchedSubject,
  type WebhookSource,
} from '../../../core/index.js';
import {
  ApiError,
  ApiNotFoundError,
  ApiRateLimitedError,
  type ApiCallOptions,
} from '../../../api-client/index.js';
import type { ArmoxClient } from '../api/armox.client.js';
import { jobEvent } from './armox.job-event.js';
import type { AnyArmoxJob } from '../api/armox.job-reader.js';
import { isTerminalJobStatus, LOST } from './armox.job-status.js';
import { nextLook, nextLookForAbsent } from './job.schedule.js';
import type { JobStore, TrackedJob } from './job.store.js';

export interface ArmoxJobFeedDependencies {
  readonly client: ArmoxClient;
  readonly store: JobStore;
  readonly source: WebhookSource;
  readonly logger: LoggerService;
  readonly account?: string;
  /** Take over jobs that the list shows and we have not started. Default false: the list is the whole account's. */
  readonly adopt?: boolean;
  /** Milliseconds after which a job that does not end is `lost`. Default 7 days. */
  readonly giveUpAfter?: number;
  /** Milliseconds for which jobs are remembered once they have ended. Default 30 days. */
  readonly forgetAfter?: number;
  readonly random?: Random;
}

/** A job as we remember it, and as Armox shows it. */
type Sighting = readonly [TrackedJob, AnyArmoxJob];

const DAY = 86_400_000;
const LONGEST_LIST = 100;
/** From so many due jobs on that it may show, one call of the list is cheaper than one each. */
const WORTH_A_LIST = 3;
const DUE_AT_ONCE = 500;
/** By id; the rate limit ends a poll sooner. */
const BY_ID_AT_ONCE = 60;
const BATCH = 10;
/** Failures in a row that speak against the service rather than against a job. */
const FAILURES_IN_A_ROW = 3;
/** So often in a row Armox must say that it does not know a job: once may be a gateway, or a replica behind. */
const MOST_ABSENCES = 3;
/** Rounds; and how much is cleared in one, so that the others do not wait for it. */
const PRUNE_EVERY = 500;
const PRUNE_BATCHES = 20;

/** Finds how tracked jobs have ended. */
export class ArmoxJobFeed implements EventFeed {
  readonly name = 'armox-jobs';
  readonly source = 'armox';
  readonly account: string;
  private readonly random: Random;
  private polls = 0;
  /** Said in the log already. */
  private unreadable: string | undefined;

  constructor(private readonly dependencies: ArmoxJobFeedDependencies) {
    this.account = dependencies.account ?? '';
    this.random = dependencies.random ?? systemRandom;
  }

  async *poll(signal: AbortSignal): AsyncGenerator<readonly SourceEvent[]> {
    await this.forget();
    const recent = await this.dependencies.store.due(DUE_AT_ONCE, false);
    let left = recent;
    if (recent.length >= WORTH_A_LIST || this.dependencies.adopt)
      left = yield* this.byList(recent, signal);
    const old = await this.dependencies.store.due(BY_ID_AT_ONCE, true);
    yield* this.byId([...left, ...old].slice(0, BY_ID_AT_ONCE), signal);
  }

  watched(limit: number): Promise<readonly WatchedSubject[]> {
    return this.dependencies.store.watched(limit);
  }

  /** One call for all that the list shows. @returns due jobs that are still to be asked for by id */
  private async *byList(
    due: readonly TrackedJob[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly SourceEvent[], readonly TrackedJob[]> {
    const { client, store } = this.dependencies;
    const shown = await client.jobs.list({ limit: LONGEST_LIST, ...call(signal) });
    const byId = new Map(shown.map((job) => [job.id, job]));
    const known = await store.find([...byId.keys()]);
    await this.adopt(shown, known);
    const pairs = known.map((job): Sighting => [job, byId.get(job.jobId) as AnyArmoxJob]);
    const found = pairs.filter((pair) => this.isFoundAgain(pair));
    await store.revive(found.map(([{ rowId }]) => rowId));
    const open = pairs.filter(([job]) => job.tracked && !job.settled);
    yield* this.take([...open, ...found]);
    const absent = due.filter(({ jobId }) => !byId.has(jobId));
    // The list shows the latest jobs: what a full one leaves out will not come back into it.
    if (shown.length >= LONGEST_LIST) await store.passedByList(absent.map(({ rowId }) => rowId));
    return absent;
  }

  private async *byId(
    due: readonly TrackedJob[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly SourceEvent[]> {
    let seen: Sighting[] = [];
    let failures = 0;
    try {
      for (const job of due) {
        signal.throwIfAborted();
        try {
          const shown = await this.ask(job, signal);
          failures = 0;
          if (shown) seen.push([job, shown]);
        } catch (error) {
          failures += 1;
          if (!(await this.passOver(job, error)) || failures === FAILURES_IN_A_ROW) throw error;
        }
        if (seen.length === BATCH) {
          const batch = seen;
          seen = [];
          yield* this.take(batch);
        }
      }
    } catch (error) {
      yield* this.take(seen);
      throw error;
    }
    yield* this.take(seen);
  }

  private async ask(job: TrackedJob, signal: AbortSignal): Promise<AnyArmoxJob | undefined> {
    try {
      return await this.dependencies.client.jobs.get(job.jobId, call(signal));
    } catch (error) {
      if (!(error instanceof ApiNotFoundError)) throw error;
      if (job.absences + 1 >= MOST_ABSENCES)
        await this.lose(job, 'Armox does not know it any more');
      else await this.dependencies.store.absent(job.rowId, nextLookForAbsent(job, this.random));
      return undefined;
    }
  }

  /** A job whose answer cannot be used must not stand in the way of the others. */
  private async passOver(job: TrackedJob, error: unknown): Promise<boolean> {
    if (!(error instanceof ApiError) || error instanceof ApiRateLimitedError) return false;
    await this.dependencies.store.polled(new Map([[job.rowId, nextLook(job, this.random)]]));
    return true;
  }

  /** Counts the look, hands on the ends, and settles what was stored. */
  private async *take(pairs: readonly Sighting[]): AsyncGenerator<readonly SourceEvent[]> {
    const { store } = this.dependencies;
    if (pairs.length === 0) return;
    await store.seen(new Map(pairs.map(([job]) => [job.rowId, nextLook(job, this.random)])));
    const ended = pairs.flatMap(([{ rowId }, shown]) => {
      const event = isTerminalJobStatus(shown.status) ? this.read(shown) : undefined;
      return event ? [{ rowId, status: shown.status, event }] : [];
    });
    if (ended.length > 0) {
      yield ended.map(({ event }) => event);
      for (const status of new Set(ended.map((end) => end.status))) {
        const rows = ended.filter((end) => end.status === status);
        await store.settle(
          rows.map(({ rowId }) => rowId),
          status,
        );
      }
    }
    for (const [job, shown] of pairs) {
      if (isTerminalJobStatus(shown.status) || !this.isTooOld(job)) continue;
      await this.lose(job, `it has not ended in ${Math.round(job.age / DAY)} days`);
    }
  }

  /** Lost, and shown all the same. */
  private isFoundAgain([job, shown]: Sighting): boolean {
    if (!job.tracked || job.status !== LOST) return false;
    return isTerminalJobStatus(shown.status) || !this.isTooOld(job);
  }

  private isTooOld({ age }: TrackedJob): boolean {
    return age >= (this.dependencies.giveUpAfter ?? 7 * DAY);
  }

  /** What the application's own options throw about one job must not keep the others from their ends. */
  private read(shown: AnyArmoxJob): SourceEvent | undefined {
    try {
      return jobEvent(this.dependencies.source, this.account, shown);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      if (this.unreadable !== cause) {
        this.dependencies.logger.warn(
          `The end of job ${shown.id} could not be made an event, and is tried again later: ${cause}`,
        );
      }
      this.unreadable = cause;
      return undefined;
    }
  }

  private async lose(job: TrackedJob, why: string): Promise<void> {
    await this.dependencies.store.settle([job.rowId], LOST);
    this.dependencies.logger.warn(
      `Job ${job.jobId} is lost: ${why}. It is not asked for again, unless a webhook, the list or \`track\` brings it back.`,
    );
  }

  private async adopt(shown: readonly AnyArmoxJob[], known: readonly TrackedJob[]): Promise<void> {
    if (!this.dependencies.adopt) return;
    const ours = new Set(known.map(({ jobId }) => jobId));
    for (const { id } of shown)
      if (!ours.has(id)) await this.dependencies.store.track(id, false, 0);
  }

  private async forget(): Promise<void> {
    const { store, forgetAfter = 30 * DAY } = this.dependencies;
    if (this.polls++ % PRUNE_EVERY !== 0) return;
    for (let batch = 0; batch < PRUNE_BATCHES; batch += 1) {
      if ((await store.prune(forgetAfter, 1_000)) === 0) return;
    }
  }
}

/** Short waits: what the rate limit does not let through now is due in the next poll still. */
const call = (signal: AbortSignal): ApiCallOptions => ({
  signal,
  priority: 'background',
  maxWait: 1_000,
});
