import {
  flag,
  func,
  group,
  isObject,
  nearest,
  number,
  rule,
  type EventFeed,
  type OptionRule,
  type OptionRules,
  type RulesOf,
} from '../core/index.js';
import { RETRY_RULES } from '../handlers/index.js';
import {
  DEFAULT_INGEST_TIMEOUT,
  DEFAULT_POOL_SIZE,
  DEFAULT_PREFIX,
  isTablePrefix,
  TABLE_PREFIX,
  type RetentionPeriods,
} from '../inbox/index.js';
import { ARMALO_EVENT_NAMES } from '../sources/armalo/index.js';
import { ARMOX_EVENT_NAMES } from '../sources/armox/index.js';
import type {
  ArmaloOptions,
  ArmoxArmaloOptions,
  ArmoxArmaloStaticOptions,
  ArmoxOptions,
  ReconcileOptions,
  WebhookSecret,
  WorkerOptions,
} from './armox-armalo.options.js';

/*
 * What may be written for every option, and what stands for it where it is left out. Longest times
 * are far below 2^31 ms, beyond which a timer ends at once; shortest ones above what anybody who
 * counts in seconds or days would write.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CENTURY = 36_500 * DAY;

const RECONCILE_RULES = {
  interval: number({ unit: 'milliseconds', min: 1_000, max: DAY, default: 10_000 }),
  cron: rule<string | undefined>('a cron expression', isText, undefined),
  timeZone: rule<string | undefined>(
    'an IANA time zone such as Europe/Berlin',
    isTimeZone,
    undefined,
  ),
  jitter: number({ whole: false, min: 0, max: 1, default: 0.1 }),
  lease: number({ unit: 'milliseconds', min: 1_000, max: HOUR, default: 30_000 }),
  feeds: rule<readonly EventFeed[]>(
    'a list of feeds, objects that can `poll`',
    isListOf(isFeed),
    [],
  ),
} satisfies RulesOf<ReconcileOptions>;

const RETENTION_RULES = {
  payload: period(14 * DAY),
  row: period(180 * DAY),
  dead: number<number | null>({
    unit: 'milliseconds',
    min: HOUR,
    max: CENTURY,
    default: null,
    orNull: true,
  }),
} satisfies RulesOf<RetentionPeriods>;

const WORKER_RULES = {
  concurrency: number({ unit: 'events', min: 1, max: 10_000, default: 50 }),
  /** Where it is left out: as many as the application's pool and database allow. */
  transactions: number<number | undefined>({
    unit: 'handlers',
    min: 1,
    max: 10_000,
    default: undefined,
  }),
  lease: number({ unit: 'milliseconds', min: 1_000, max: HOUR, default: 30_000 }),
  pollInterval: number({ unit: 'milliseconds', min: 10, max: HOUR, default: 1_000 }),
  shutdownTimeout: number({ unit: 'milliseconds', min: 0, max: HOUR, default: 15_000 }),
  maxStalledCount: number({ min: 1, max: 1_000, default: 3 }),
  retry: group('always', RETRY_RULES),
  retention: group('always', RETENTION_RULES),
} satisfies RulesOf<WorkerOptions>;

const ARMOX_RULES = {
  ...serviceRules('armox', ARMOX_EVENT_NAMES),
  adoptJobs: flag(false),
  stale: rule<'skip' | 'run'>(
    "'skip' or 'run'",
    (value) => value === 'skip' || value === 'run',
    'skip',
  ),
} satisfies RulesOf<ArmoxOptions>;

const ARMALO_RULES = {
  ...serviceRules('armalo', ARMALO_EVENT_NAMES),
  watch: rule<readonly string[]>('a list of texts', isListOf(isText), []),
} satisfies RulesOf<ArmaloOptions>;

export const OPTION_RULES = {
  armox: group('optional', ARMOX_RULES),
  armalo: group('optional', ARMALO_RULES),
  /** Where it is left out: as the application's DataSource does. */
  migrationsRun: flag<undefined>(undefined),
  tablePrefix: rule(TABLE_PREFIX, isTablePrefix, DEFAULT_PREFIX),
  poolSize: number({ unit: 'connections', min: 2, max: 100, default: DEFAULT_POOL_SIZE }),
  ingestTimeout: number({
    unit: 'milliseconds',
    min: 100,
    max: 60_000,
    default: DEFAULT_INGEST_TIMEOUT,
  }),
  publicUrl: rule<ArmoxArmaloOptions['publicUrl']>(
    'an http(s) URL without credentials, query and hash, or a function',
    (value) => typeof value === 'function' || isPlainUrl(value),
    undefined,
  ),
  reconcile: group('switchable', RECONCILE_RULES),
  worker: group('switchable', WORKER_RULES),
} satisfies RulesOf<ArmoxArmaloOptions> & OptionRules;

export const STATIC_RULES = {
  isGlobal: flag(false),
  dataSource: rule<string | undefined>('the name of a DataSource', isText, undefined),
  path: rule(
    'a path such as webhooks, without white space, query and hash',
    (value) => typeof value === 'string' && !/[\s?#]/.test(value),
    'webhooks',
  ),
  controller: flag(true),
  decorators: rule<NonNullable<ArmoxArmaloStaticOptions['decorators']>>(
    'a list of decorators, called where they take arguments: [Public()]',
    isListOf((value) => typeof value === 'function'),
    [],
  ),
} satisfies RulesOf<ArmoxArmaloStaticOptions> & OptionRules;

function serviceRules(service: string, eventNames: readonly string[]) {
  return {
    webhookSecret: webhookSecret(),
    apiKey: { default: undefined, problem: secretProblem },
    baseUrl: rule<string | undefined>(
      'an http(s) URL without credentials, query and hash',
      isPlainUrl,
      undefined,
    ),
    bodyLimit: number({ unit: 'bytes', min: 1_024, max: 104_857_600, default: 1_048_576 }),
    events: expectedEvents(service, eventNames),
    orderingKey: func(),
    identify: func(),
  };
}

function webhookSecret(): OptionRule<WebhookSecret | undefined> {
  return {
    default: undefined,
    problem: (value) => {
      if (typeof value === 'function') return undefined;
      if (Array.isArray(value) && value.length === 0) {
        return 'the list is empty; write at least one secret.';
      }
      return [value]
        .flat()
        .map(secretProblem)
        .find((problem) => problem !== undefined);
    },
  };
}

/** An empty key verifies what anybody signs with an empty key; blanks around one are a copy mistake. */
export function secretProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be a text that is not empty.';
  if (value === value.trim()) return undefined;
  return 'begins or ends with white space, most likely from copying; remove it.';
}

/** A name that the service does not document may be one that it sends from tomorrow on; a slip is none. */
function expectedEvents(service: string, documented: readonly string[]) {
  const texts = rule<readonly string[]>('a list of event names', isListOf(isText), []);
  const slipIn = (names: readonly string[]): string | undefined => {
    const slip = names.find((name) => !documented.includes(name) && nearest(name, documented));
    if (slip === undefined) return undefined;
    return `"${slip}" is no event of ${service}. Did you mean "${nearest(slip, documented)}"?`;
  };
  return {
    default: texts.default,
    problem: (value: unknown) => texts.problem(value) ?? slipIn(value as readonly string[]),
  };
}

function period(fallback: number) {
  return number({ unit: 'milliseconds', min: HOUR, max: CENTURY, default: fallback });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isListOf(accepts: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(accepts);
}

function isFeed(value: unknown): boolean {
  return isObject(value) && typeof Reflect.get(value, 'poll') === 'function';
}

function isPlainUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}

function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
