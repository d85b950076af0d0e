import {
  ApiTransport,
  ApiConflictError,
  checkWebhookUrl,
  clampLimit,
  isRecord,
  pathId,
  readId,
  readList,
  readObject,
} from '../../../api-client/index.js';
import type {
  ApiAnswer,
  ApiCall,
  ApiClientOptions,
  ApiCallOptions,
  JsonRecord,
  RateState,
  ServiceProfile,
} from '../../../api-client/index.js';
import type {
  ArmoxAccount,
  ArmoxApp,
  ArmoxModel,
  ListJobsOptions,
  RunAppOptions,
  RunModelOptions,
} from './armox.api-types.js';
import { ARMOX_DEFAULT_BASE_URL } from '../armox.constants.js';
import { readArmoxJob } from './armox.job-reader.js';
import type { AnyArmoxJob } from './armox.job-reader.js';
import { isTerminalJobStatus } from '../jobs/armox.job-status.js';

/** A model run may answer only when the image is there. */
const RUN_MODEL_TIMEOUT_MS = 120_000;

const PROFILE: ServiceProfile = {
  name: 'Armox',
  option: 'armox',
  baseUrl: ARMOX_DEFAULT_BASE_URL,
  authorize: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
};

/**
 * Armox's API. GETs and cancel are tried again when the service fails; a run is not, unless it is
 * certain that it was not accepted. All methods throw the subclasses of `ApiError`.
 */
export class ArmoxClient {
  private readonly transport: ApiTransport;

  /** @throws ArmoxArmaloConfigurationError when the key or the base URL cannot be one */
  constructor(options: ApiClientOptions) {
    this.transport = new ApiTransport(PROFILE, options);
  }

  readonly models = {
    /** All models, with their cost and settings. */
    list: async (options?: ApiCallOptions): Promise<ArmoxModel[]> =>
      this.list<ArmoxModel>('/models', 'models', options),
  };

  readonly apps = {
    /** The active template apps and the account's own. */
    list: async (options?: ApiCallOptions): Promise<ArmoxApp[]> =>
      this.list<ArmoxApp>('/apps', 'apps', options),
  };

  readonly jobs = {
    /** The latest jobs of the whole account (all keys), at most 100, in no promised order. */
    list: async ({ limit, ...options }: ListJobsOptions = {}): Promise<AnyArmoxJob[]> => {
      const answer = await this.transport.send(
        { method: 'GET', path: '/jobs', query: { limit: clampLimit(limit) } },
        options,
      );
      const items = readList(answer.body, ['jobs']);
      if (!items) throw answer.unusable('Its body holds no list of jobs.');
      return items
        .map((item) => readArmoxJob(item, 'processing'))
        .filter((job) => job !== undefined);
    },

    /** @throws ApiNotFoundError for a job that Armox does not know (any more) */
    get: async (id: string, options?: ApiCallOptions): Promise<AnyArmoxJob> =>
      readJob(
        await this.transport.send({ method: 'GET', path: `/jobs/${pathId(id)}` }, options),
        'processing',
      ),

    /**
     * Cancels a pending or processing job. A job that has ended already is returned as it is: read
     * its `status`.
     * @throws ApiConflictError when Armox refuses although the job has not ended
     */
    cancel: (id: string, options?: ApiCallOptions): Promise<AnyArmoxJob> =>
      this.cancel(id, options),
  };

  /**
   * Starts a run of a model. The job may have ended when this returns: see its `status`.
   * `timeout` is 120 s by default, since some models answer only when they are done.
   * @throws ApiPaymentRequiredError when the credits do not suffice
   * @throws ApiOutcomeUnknownError when the run may have been accepted (and charged) and its id is lost
   */
  async runModel({
    modelId: model,
    input,
    webhookUrl,
    ...options
  }: RunModelOptions): Promise<AnyArmoxJob> {
    return this.run(
      '/models/run',
      { model, input, webhook_url: this.webhookUrl(webhookUrl) },
      RUN_MODEL_TIMEOUT_MS,
      options,
    );
  }

  /**
   * Starts a run of an app; it goes on after this returns.
   * @throws ApiPaymentRequiredError when the credits do not suffice
   * @throws ApiOutcomeUnknownError when the run may have been accepted (and charged) and its id is lost
   */
  async runApp({ appId, inputs, webhookUrl, ...options }: RunAppOptions): Promise<AnyArmoxJob> {
    return this.run(
      '/apps/run',
      { app_id: appId, inputs, webhook_url: this.webhookUrl(webhookUrl) },
      undefined,
      options,
    );
  }

  /** Credits, plan and use of the account. */
  async account(options?: ApiCallOptions): Promise<ArmoxAccount> {
    const answer = await this.transport.send({ method: 'GET', path: '/account' }, options);
    const account = readObject(answer.body, ['account'], looksLikeAccount);
    if (!account) throw answer.unusable('Its body holds no account.');
    return account;
  }

  /** How much of the key's rate limit is used, by this process and, as far as told, by others. */
  rateState(): RateState {
    return this.transport.rateState();
  }

  private async run(
    path: string,
    body: JsonRecord,
    timeout: number | undefined,
    options: ApiCallOptions,
  ): Promise<AnyArmoxJob> {
    const call: ApiCall = { method: 'POST', path, body, timeout };
    const answer = await this.transport.send(call, options);
    // Where the body names no status, only a result sent with 200 tells of an end:
    // an ended job is never looked at again.
    const done = answer.status === 200 && readJob(answer, 'completed').output !== null;
    return readJob(answer, done ? 'completed' : 'processing');
  }

  private async cancel(id: string, options?: ApiCallOptions): Promise<AnyArmoxJob> {
    const call: ApiCall = { method: 'POST', path: `/jobs/${pathId(id)}/cancel`, repeatable: true };
    try {
      const answer = await this.transport.send(call, options);
      return readArmoxJob(answer.body, 'cancelled') ?? (await this.jobs.get(id, options));
    } catch (error) {
      if (!(error instanceof ApiConflictError)) throw error;
      const job = await this.jobs.get(id, options);
      if (isTerminalJobStatus(job.status)) return job;
      throw error;
    }
  }

  private async list<T extends { readonly id: string }>(
    path: string,
    key: string,
    options?: ApiCallOptions,
  ): Promise<T[]> {
    const answer = await this.transport.send({ method: 'GET', path }, options);
    const items = readList(answer.body, [key]);
    if (!items) throw answer.unusable(`Its body holds no list of ${key}.`);
    return items.flatMap((item) => {
      const id = readId(item['id']);
      return id === undefined ? [] : [{ ...item, id } as unknown as T];
    });
  }

  private webhookUrl(url: string | undefined): string | undefined {
    return url === undefined
      ? undefined
      : checkWebhookUrl(url, 'webhookUrl', this.transport.baseUrl);
  }
}

function readJob(answer: ApiAnswer, missingStatus: string): AnyArmoxJob {
  const found = readObject(answer.body, ['job'], (body) => readId(body['id']) !== undefined);
  const job = readArmoxJob(found, missingStatus);
  if (!job) throw answer.unusable('Its body holds no job with an id.');
  return job;
}

function looksLikeAccount(body: JsonRecord): boolean {
  return 'credits' in body || 'user_id' in body || isRecord(body['usage']);
}
