import {
  flag,
  group,
  isListOf,
  isObject,
  isPlainUrl,
  isText,
  number,
  PLAIN_URL,
  rule,
  type EventFeed,
  type OptionRules,
  type RulesOf,
} from '../core/index.js';
import { RETRY_RULES } from '../handlers/index.js';
import {
  DEFAULT_INGEST_TIMEOUT,
  DEFAULT_POOL_SIZE,
  DEFAULT_PREFIX,
  isTablePrefix,
  LENGTHS,
  TABLE_PREFIX,
  type RetentionPeriods,
} from '../inbox/index.js';
import { OPS_RULES } from '../ops/index.js';
import { POLL_RULES } from '../reconcile/index.js';
import { sourceOptionRules, type SourceDefinition } from '../source-definition/index.js';
import type {
  ArmoxArmaloStaticOptions,
  ModuleOptions,
  ReconcileOptions,
  WorkerOptions,
} from './armox-armalo.options.js';
import { BUILT_IN_SOURCES } from './built-in.sources.js';

/*
 * What may be written for every option, and what stands for it where it is left out. Longest times
 * are far below 2^31 ms, beyond which a timer ends at once; shortest ones above what anybody who
 * counts in seconds or days would write.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CENTURY = 36_500 * DAY;

const RECONCILE_RULES = {
  ...POLL_RULES,
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

/** Each built-in source has its options under its own name. */
const SOURCE_RULES = Object.fromEntries(
  BUILT_IN_SOURCES.map((source) => [source.name, group('optional', sourceOptionRules(source))]),
);

const MODULE_RULES = {
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
  release: rule<string | undefined>(
    `a text of at most ${LENGTHS.release} characters, such as a version or a commit`,
    (value) => isText(value) && String(value).length <= LENGTHS.release,
    undefined,
  ),
  publicUrl: rule<ModuleOptions['publicUrl']>(
    `${PLAIN_URL}, or a function`,
    (value) => typeof value === 'function' || isPlainUrl(value),
    undefined,
  ),
  reconcile: group('switchable', RECONCILE_RULES),
  worker: group('switchable', WORKER_RULES),
  ops: group('optional', OPS_RULES),
} satisfies RulesOf<ModuleOptions> & OptionRules;

export const OPTION_RULES = { ...SOURCE_RULES, ...MODULE_RULES };

export const STATIC_RULES = {
  sources: rule<readonly SourceDefinition[]>(
    'a list of source definitions, called where they are functions: [acme({ … })]',
    isListOf(isDefinition),
    [],
  ),
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

function period(fallback: number) {
  return number({ unit: 'milliseconds', min: HOUR, max: CENTURY, default: fallback });
}

function isDefinition(value: unknown): boolean {
  return (
    isObject(value) &&
    /^[a-z][a-z0-9-]*$/.test(String(Reflect.get(value, 'name'))) &&
    typeof Reflect.get(value, 'webhooks') === 'function'
  );
}

function isFeed(value: unknown): boolean {
  return isObject(value) && typeof Reflect.get(value, 'poll') === 'function';
}
