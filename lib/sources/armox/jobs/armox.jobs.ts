import {
  InboxUnavailableError,
  systemTimers,
  type Timers,
  type WebhookSource,
} from '../../../core/index.js';
import type { ApiCallOptions } from '../../../api-client/index.js';
import type { Inbox, OperatorStore } from '../../../inbox/index.js';
import type { ArmoxClient } from '../api/armox.client.js';
import type { AnyArmoxEvent } from '../webhook/armox.events.js';
import { jobEvent } from './armox.job-event.js';
import { readArmoxJob, type AnyArmoxJob } from '../api/armox.job-reader.js';
import { isTerminalJobStatus, LOST } from './armox.job-status.js';
import { JobLostError, JobNotRecordedError, JobTimeoutError } from './job.errors.js';
import { nextLook } from './job.schedule.js';
import type { JobStore, TrackedJob } from './job.store.js';
import { JobWaiters } from './job.waiters.js';

export interface RunModelJob extends ApiCallOptions {
  /** An id of `client.models.list()`. */
  readonly modelId: string;
  readonly input?: Readonly<Record<string, unknown>> | undefined;
}

export interface RunAppJob extends ApiCallOptions {
  /** An id of `client.apps.list()`. */
  readonly appId: string;
  readonly inputs?: Readonly<Record<string, unknown>> | undefined;
}

export interface WaitForJob {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default: as long as it takes. */
  readonly timeout?: number | undefined;
}

/** A run that was started. */
export interface ArmoxJobHandle {
  readonly id: string;
  /** As Armox's answer to the run said; `done` tells how it ended. */
  readonly status: string;
  /**
   * The job at its end (`completed`, `failed` or `cancelled`: see its `status`), told by webhook or
   * by the poller, whichever is first, on whichever replica.
   * @throws JobTimeoutError, JobLostError, or the signal's reason
   */
  done(options?: WaitForJob): Promise<AnyArmoxJob>;
}

export interface ArmoxJobsDependencies {
  readonly client: ArmoxClient;
  readonly store: JobStore;
  readonly inboxStore: Pick<OperatorStore, 'find'>;
  readonly inbox: Inbox;
  readonly source: WebhookSource;
  /** Where Armox's webhooks reach this application: the whole URL of the route. Undefined: polling only. */
  readonly webhookUrl?: string | undefined;
  readonly account?: string;
  readonly timers?: Timers;
}

/** Armox's jobs that this application has started: each one's end reaches the handlers once. */
export class ArmoxJobs {
  private readonly account: string;
  private readonly waiters: JobWaiters;
  private readonly stopListening: () => void;

  constructor(private readonly dependencies: ArmoxJobsDependencies) {
    this.account = dependencies.account ?? '';
    this.waiters = new JobWaiters(dependencies.store, dependencies.timers);
    this.stopListening = dependencies.inbox.onStored(() => this.waiters.wake());
  }

  /**
   * Starts a run of a model or an app, with the webhook's URL, and records it.
   * @throws ApiError, as the client: ApiOutcomeUnknownError when it may have been started all the same
   * @throws JobNotRecordedError when it was started, but the database is away
   */
  async run(options: RunModelJob | RunAppJob): Promise<ArmoxJobHandle> {
    const job = await this.start(options);
    await this.record(job);
    return this.handle(job.id, job.status);
  }

  /** A job of which only the id is known, e.g. after a restart. It need not be one of `run`'s. */
  handle(id: string, status = 'processing'): ArmoxJobHandle {
    return { id, status, done: (options) => this.done(id, options) };
  }

  /** Puts a job under watch that was started by other means. */
  async track(id: string): Promise<ArmoxJobHandle> {
    await this.dependencies.store.track(id, false, 0);
    return this.handle(id);
  }

  /** What is remembered of a job: its status as Armox names it, or `lost`. */
  async status(id: string): Promise<string | undefined> {
    return (await this.dependencies.store.find([id]))[0]?.status;
  }

  onModuleDestroy(): void {
    this.stopListening();
    this.waiters.stop();
  }

  private start(options: RunModelJob | RunAppJob): Promise<AnyArmoxJob> {
    const { client, webhookUrl } = this.dependencies;
    if ('appId' in options) {
      const { appId, inputs, ...call } = options;
      return client.runApp({ ...call, appId, inputs, webhookUrl });
    }
    const { modelId, input, ...call } = options;
    return client.runModel({ ...call, modelId, input, webhookUrl });
  }

  private async record(job: AnyArmoxJob): Promise<void> {
    const { store, inbox, source, webhookUrl } = this.dependencies;
    const webhookExpected = webhookUrl !== undefined;
    const first = nextLook({ webhookExpected, polls: 0, age: 0 }, () => 0.5);
    try {
      await store.track(job.id, webhookExpected, first);
    } catch (cause) {
      throw new JobNotRecordedError(job, { cause });
    }
    if (!isTerminalJobStatus(job.status)) return;
    try {
      await inbox.accept(jobEvent(source, this.account, job), 'api-response');
    } catch (error) {
      // It is recorded as open: the poller brings the event.
      if (!(error instanceof InboxUnavailableError)) throw error;
    }
  }

  private async done(id: string, { signal, timeout }: WaitForJob = {}): Promise<AnyArmoxJob> {
    const { timers = systemTimers } = this.dependencies;
    const limit = new AbortController();
    const cancel =
      timeout === undefined
        ? undefined
        : timers.after(timeout, () => limit.abort(new JobTimeoutError(id, timeout)));
    try {
      const signals = signal ? [signal, limit.signal] : [limit.signal];
      const settled = await this.waiters.wait(id, AbortSignal.any(signals));
      if (settled.status === LOST) throw new JobLostError(id);
      return await this.read(settled);
    } finally {
      cancel?.();
    }
  }

  private async read({ jobId, status, inboxId }: TrackedJob): Promise<AnyArmoxJob> {
    const { inboxStore, source, client } = this.dependencies;
    const stored = inboxId === null ? undefined : await inboxStore.find({ id: inboxId });
    if (stored?.body) {
      const { name, account, body } = stored;
      const { payload } = source.read({ name, account, body });
      const job = readArmoxJob((payload as AnyArmoxEvent).job, status);
      if (job) return job;
    }
    // Its payload is past retention, or was not of the documented shape.
    return client.jobs.get(jobId);
  }
}
