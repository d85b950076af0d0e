import {
  ArmoxArmaloConfigurationError,
  described,
  isObject,
  readOptions,
  type ReadOptions,
} from '../core/index.js';
import { applicationVersion } from './application.version.js';
import { OPTION_RULES, STATIC_RULES } from './armox-armalo.option-rules.js';
import type { OpsOptions } from '../ops/index.js';
import type { ModuleOptions } from './armox-armalo.options.js';

type Read = ReadOptions<typeof OPTION_RULES>;

/** The options with every default in its place. */
export interface ResolvedOptions extends Pick<
  Read,
  'migrationsRun' | 'tablePrefix' | 'poolSize' | 'ingestTimeout' | 'reconcile' | 'worker'
> {
  readonly release: string | null;
  readonly publicUrl: () => string | undefined;
  readonly ops: (NonNullable<Read['ops']> & Pick<OpsOptions, 'access'>) | undefined;
}

/** @throws ArmoxArmaloConfigurationError that names the option and says what to write */
export function resolveOptions(given: ModuleOptions): ResolvedOptions {
  assertIsOptions(given);
  const read = readOptions(OPTION_RULES, given);
  const { migrationsRun, tablePrefix, poolSize, ingestTimeout, reconcile, worker } = read;
  const { publicUrl, ops, release = applicationVersion() } = read;
  assertOneSchedule(given);
  assertLooksWithinLease(read);
  return {
    migrationsRun,
    tablePrefix,
    poolSize,
    ingestTimeout,
    reconcile,
    worker,
    ops: ops && withAccess(ops),
    release,
    publicUrl: typeof publicUrl === 'function' ? publicUrl : () => publicUrl,
  };
}

/** What a factory returns is whatever it is, in spite of its type. */
function assertIsOptions(given: unknown): asserts given is object {
  if (!isObject(given)) {
    throw new ArmoxArmaloConfigurationError(
      'useFactory',
      `it (or \`useClass\`, \`useExisting\`) must return the options, an object; it is ${described(given)}.`,
    );
  }
  const fixed = Object.keys(STATIC_RULES).find((name) => name in given);
  if (fixed !== undefined) {
    throw new ArmoxArmaloConfigurationError(
      fixed,
      'must be known before the other options are. Write it beside `useFactory`, `useClass` or `useExisting`.',
    );
  }
}

/** The page shows payloads and changes events, so it is never open to everybody. */
function withAccess(ops: NonNullable<Read['ops']>): NonNullable<ResolvedOptions['ops']> {
  const { access } = ops;
  if (access !== undefined) return { ...ops, access };
  throw new ArmoxArmaloConfigurationError(
    'ops.access',
    'is missing: say who may come in, with `[{ name, password, role }]` or a function of yours. Without it the ' +
      'page would be open to everybody.',
  );
}

function assertOneSchedule({ reconcile }: ModuleOptions): void {
  if (!reconcile || reconcile.cron === undefined || reconcile.interval === undefined) return;
  throw new ArmoxArmaloConfigurationError(
    'reconcile.cron',
    'stands beside `reconcile.interval`; give one of them.',
  );
}

function assertLooksWithinLease({ worker }: Pick<Read, 'worker'>): void {
  if (!worker || worker.pollInterval <= worker.lease) return;
  throw new ArmoxArmaloConfigurationError(
    'worker.pollInterval',
    `is ${worker.pollInterval} ms, longer than \`worker.lease\` (${worker.lease} ms), so that events of a ` +
      'process that died would wait for the next look. Make it shorter, or the lease longer.',
  );
}
