import type { LoggerService } from '@nestjs/common';
import {
  systemRandom,
  type Random,
  type SourceEvent,
  type WatchedSubject,
} from '../../../core/index.js';
import {
  ApiAuthError,
  ApiError,
  ApiNotFoundError,
  ApiNotSupportedError,
  ApiRateLimitedError,
  type ApiCallOptions,
} from '../../../api-client/index.js';
import { UNSEEN, type Watched, type WatchKind, type WatchStore } from './watch.store.js';

export interface WatchPollDependencies {
  readonly store: WatchStore;
  readonly logger: LoggerService;
  /** Milliseconds between two looks at one thing. Default 60,000. */
  readonly every?: number;
  readonly random?: Random;
}

const EVERY = 60_000;
const LONGEST = 600_000;
/** Few, so that feeds which share a rate limit take turns. */
const LOOKS_A_ROUND = 15;
const FAILURES_IN_A_ROW = 3;

/** Looks at what is due of one kind, and keeps a thing that cannot be seen from stopping the others. */
export class WatchPoll {
  /** Whether the route has ever answered in this process. */
  private works = false;
  /** Said in the log already. */
  private lastCause: string | undefined;

  constructor(
    private readonly kind: WatchKind,
    /** Of a route that no document names, a 404 may mean the route. */
    private readonly doubtfulRoute: string | undefined,
    private readonly dependencies: WatchPollDependencies,
  ) {}

  async *run(
    signal: AbortSignal,
    look: (watched: Watched, call: ApiCallOptions) => AsyncIterable<readonly SourceEvent[]>,
  ): AsyncGenerator<readonly SourceEvent[]> {
    const { store } = this.dependencies;
    // Short waits: what the rate limit does not let through now is due in the next poll still.
    const call: ApiCallOptions = { signal, priority: 'background', maxWait: 1_000 };
    const due = await store.due(this.kind, LOOKS_A_ROUND);
    let failures = 0;
    let absent = 0;
    for (const watched of due) {
      signal.throwIfAborted();
      try {
        yield* look(watched, call);
        this.works = true;
        failures = 0;
        await store.polled(watched.rowId, this.next(0), 0);
      } catch (error) {
        if (signal.aborted || isAboutAll(error)) throw error;
        await store.polled(watched.rowId, this.next(watched.misses + 1), watched.misses + 1);
        if (!(error instanceof ApiError)) this.warnOnce(watched, error);
        else if (this.isAbsent(error)) absent += 1;
        else if (++failures === FAILURES_IN_A_ROW) throw error;
      }
    }
    const route = this.doubtfulRoute;
    if (route !== undefined && absent > 0 && absent === due.length && !this.works) {
      throw new ApiNotSupportedError({ service: 'Armalo', request: `GET ${route}`, status: 404 });
    }
  }

  /** @param stateOf tells what is remembered of one in a word */
  async subjects(
    limit: number,
    stateOf: (memory: string) => string | null,
  ): Promise<readonly WatchedSubject[]> {
    const watched = await this.dependencies.store.watched(this.kind, limit);
    return watched.map((each) => ({ ...each, state: stateOf(each.state ?? UNSEEN) }));
  }

  /** Of a route that may not be there, a page of 404 says as much as the service's own words. */
  private isAbsent(error: ApiError): boolean {
    const isPage = this.doubtfulRoute !== undefined && error.status === 404;
    return isPage || error instanceof ApiNotFoundError;
  }

  /** What the application's own options throw about one thing must not keep the others from being seen. */
  private warnOnce({ subject }: Watched, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    if (this.lastCause === cause) return;
    this.lastCause = cause;
    this.dependencies.logger.warn(
      `What was seen of ${subject} (${this.kind}) could not be used, and is looked at again later: ${cause}`,
    );
  }

  /** Milliseconds, ± 10 %. */
  private next(misses: number): number {
    const { every = EVERY, random = systemRandom } = this.dependencies;
    return (
      Math.min(every * 2 ** Math.min(misses, 20), Math.max(LONGEST, every)) * (0.9 + random() / 5)
    );
  }
}

/** Whether others cannot be seen either. */
function isAboutAll(error: unknown): boolean {
  return (
    error instanceof ApiRateLimitedError ||
    error instanceof ApiAuthError ||
    error instanceof ApiNotSupportedError
  );
}
