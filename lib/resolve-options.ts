import { ConfigurationError, type SecretResolver } from './core/index.js';
import { defaultRetryPolicy, type RetryPolicy } from './handlers/index.js';
import type { RetentionPeriods } from './inbox/index.js';
import { assertRetryPolicy } from './worker/index.js';
import type {
  ArmaloOptions,
  ArmoxArmaloOptions,
  ArmoxOptions,
  ReconcileOptions,
  WebhookSecret,
} from './armox-armalo.options.js';

const DAY = 86_400_000;

/** The options with every default in its place; nothing else in the module knows a default. */
export interface ResolvedOptions {
  readonly armox: ResolvedService<ArmoxOptions> | undefined;
  readonly armalo: ResolvedService<ArmaloOptions> | undefined;
  readonly publicUrl: () => string | undefined;
  readonly reconcile: ReconcileOptions | undefined;
  readonly migrationsRun: boolean | undefined;
  readonly tablePrefix: string;
  readonly poolSize: number;
  readonly ingestTimeout: number;
  readonly worker: ResolvedWorkerOptions | undefined;
}

export interface ResolvedService<Options> {
  readonly given: Options;
  readonly secrets: SecretResolver;
  readonly receives: boolean;
  readonly accounts: boolean;
  readonly bodyLimit: number;
}

export interface ResolvedWorkerOptions {
  readonly concurrency: number;
  /** Undefined = as many as the application's pool and database allow. */
  readonly transactions: number | undefined;
  readonly lease: number;
  readonly pollInterval: number;
  readonly shutdownTimeout: number;
  readonly maxDeaths: number;
  readonly retry: RetryPolicy;
  readonly retention: RetentionPeriods;
}

/** @throws ConfigurationError that names the option and says what to write */
export function resolveOptions(options: ArmoxArmaloOptions): ResolvedOptions {
  if (!options.armox && !options.armalo) {
    throw new ConfigurationError('armox, armalo', 'give at least one of the two services.');
  }
  return {
    armox: options.armox && resolveService('armox', options.armox),
    armalo: options.armalo && resolveService('armalo', options.armalo),
    publicUrl: resolvePublicUrl(options.publicUrl),
    reconcile: options.reconcile === false ? undefined : resolveReconcile(options.reconcile ?? {}),
    migrationsRun: options.migrationsRun,
    tablePrefix: tablePrefix(options.tablePrefix ?? 'armox_armalo'),
    poolSize: atLeast(2, 'poolSize', options.poolSize ?? 3),
    ingestTimeout: atLeast(1, 'ingestTimeout', options.ingestTimeout ?? 5_000),
    worker: options.worker === false ? undefined : resolveWorker(options.worker ?? {}),
  };
}

function resolveService<Options extends ArmoxOptions | ArmaloOptions>(
  name: string,
  options: Options,
): ResolvedService<Options> {
  const { webhookSecret, apiKey } = options;
  if ('webhookSecret' in options && webhookSecret === undefined) {
    throw new ConfigurationError(
      `${name}.webhookSecret`,
      'is undefined; is its environment variable set? Leave the option out to use the API without webhooks.',
    );
  }
  if (apiKey !== undefined) checkText(`${name}.apiKey`, apiKey);
  if (options.baseUrl !== undefined) checkUrl(`${name}.baseUrl`, options.baseUrl);
  return {
    given: options,
    secrets: secretResolver(`${name}.webhookSecret`, webhookSecret),
    receives: webhookSecret !== undefined,
    accounts: typeof webhookSecret === 'function',
    bodyLimit: atLeast(1, `${name}.bodyLimit`, options.bodyLimit ?? 1_048_576),
  };
}

function secretResolver(option: string, secret: WebhookSecret | undefined): SecretResolver {
  if (typeof secret === 'function') {
    return async (account) => checkSecrets(option, [(await secret(account)) ?? []].flat());
  }
  if (secret === undefined) return async () => [];
  const secrets = checkSecrets(option, [secret].flat());
  if (secrets.length === 0) {
    throw new ConfigurationError(option, 'the list is empty; write at least one secret.');
  }
  return async () => secrets;
}

function checkSecrets(option: string, secrets: readonly string[]): readonly string[] {
  for (const secret of secrets) checkText(option, secret);
  return secrets;
}

/** An empty key verifies what anybody signs with an empty key; blanks around one are a copy mistake. */
function checkText(option: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') {
    throw new ConfigurationError(option, 'must be a text that is not empty.');
  }
  if (value !== value.trim()) {
    throw new ConfigurationError(
      option,
      'begins or ends with white space, most likely from copying; remove it.',
    );
  }
}

function checkUrl(option: string, value: string): void {
  const protocol = URL.canParse(value) ? new URL(value).protocol : '';
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new ConfigurationError(option, 'must be an http(s) URL.');
  }
}

function resolvePublicUrl(given: ArmoxArmaloOptions['publicUrl']): () => string | undefined {
  if (typeof given === 'function') return given;
  if (given !== undefined) checkUrl('publicUrl', given);
  return () => given;
}

function resolveWorker(options: Exclude<ArmoxArmaloOptions['worker'], false | undefined>) {
  const { retention } = options;
  const retry = { ...defaultRetryPolicy, ...options.retry };
  assertRetryPolicy(retry, 'worker.retry');
  return {
    concurrency: atLeast(1, 'worker.concurrency', options.concurrency ?? 50),
    transactions:
      options.transactions === undefined
        ? undefined
        : atLeast(1, 'worker.transactions', options.transactions),
    lease: atLeast(1_000, 'worker.lease', options.lease ?? 30_000),
    pollInterval: atLeast(10, 'worker.pollInterval', options.pollInterval ?? 1_000),
    shutdownTimeout: atLeast(0, 'worker.shutdownTimeout', options.shutdownTimeout ?? 15_000),
    maxDeaths: atLeast(1, 'worker.maxDeaths', options.maxDeaths ?? 3),
    retry,
    retention: { payload: 14 * DAY, row: 180 * DAY, dead: null, ...retention },
  };
}

function resolveReconcile(options: ReconcileOptions): ReconcileOptions {
  const { interval, lease, jitter } = options;
  if (interval !== undefined) atLeast(100, 'reconcile.interval', interval);
  if (lease !== undefined) atLeast(1_000, 'reconcile.lease', lease);
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1)) {
    throw new ConfigurationError('reconcile.jitter', 'must be a number from 0 to 1.');
  }
  return options;
}

function atLeast(minimum: number, option: string, value: number): number {
  if (!Number.isInteger(value) || value < minimum) {
    throw new ConfigurationError(option, `must be a whole number of at least ${minimum}.`);
  }
  return value;
}

/** It goes into SQL as it is, and some databases cut longer names. */
function tablePrefix(value: string): string {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(value)) {
    throw new ConfigurationError(
      'tablePrefix',
      'must be lower-case letters, digits and underscores, beginning with a letter, at most 31 characters.',
    );
  }
  return value;
}
