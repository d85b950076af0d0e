import {
  ArmoxArmaloConfigurationError,
  described,
  isObject,
  isPlainText,
  readOptions,
  type AccountSecrets,
  type ReadOptions,
  type SecretResolver,
} from '../core/index.js';
import { OPTION_RULES, secretProblem, STATIC_RULES } from './armox-armalo.option-rules.js';
import type {
  ArmaloOptions,
  ArmoxArmaloOptions,
  ArmoxOptions,
  SecretAnswer,
  WebhookSecret,
} from './armox-armalo.options.js';

type Read = ReadOptions<typeof OPTION_RULES>;

/** The options with every default in its place. */
export interface ResolvedOptions extends Pick<
  Read,
  'migrationsRun' | 'tablePrefix' | 'poolSize' | 'ingestTimeout' | 'reconcile' | 'worker'
> {
  readonly armox: ResolvedService<ArmoxOptions> | undefined;
  readonly armalo: ResolvedService<ArmaloOptions> | undefined;
  readonly publicUrl: () => string | undefined;
}

export interface ResolvedService<Options> {
  readonly rawOptions: Options;
  readonly secrets: SecretResolver;
  readonly receives: boolean;
  readonly accounts: boolean;
  readonly bodyLimit: number;
}

/** @throws ArmoxArmaloConfigurationError that names the option and says what to write */
export function resolveOptions(given: ArmoxArmaloOptions): ResolvedOptions {
  assertIsOptions(given);
  const { armox, armalo, publicUrl, ...options } = readOptions(OPTION_RULES, given);
  if (!given.armox && !given.armalo) {
    throw new ArmoxArmaloConfigurationError(
      'armox, armalo',
      'give at least one of the two services.',
    );
  }
  assertOneSchedule(given);
  assertLooksWithinLease(options);
  return {
    ...options,
    armox: armox && given.armox && resolveService('armox', given.armox, armox.bodyLimit),
    armalo: armalo && given.armalo && resolveService('armalo', given.armalo, armalo.bodyLimit),
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

function resolveService<Options extends ArmoxOptions | ArmaloOptions>(
  name: string,
  given: Options,
  bodyLimit: number,
): ResolvedService<Options> {
  const { webhookSecret } = given;
  const option = `${name}.webhookSecret`;
  if ('webhookSecret' in given && webhookSecret === undefined) {
    throw new ArmoxArmaloConfigurationError(
      option,
      'is undefined; is its environment variable set? Leave the option out to use the API without webhooks.',
    );
  }
  return {
    rawOptions: given,
    secrets: secretResolver(option, webhookSecret),
    receives: webhookSecret !== undefined,
    accounts: typeof webhookSecret === 'function',
    bodyLimit,
  };
}

function secretResolver(option: string, secret: WebhookSecret | undefined): SecretResolver {
  if (typeof secret === 'function') {
    return async (account) => accountSecrets(option, account, await secret(account));
  }
  const secrets = secret === undefined ? [] : [secret].flat();
  return async (account) => ({ account, secrets });
}

const LONGEST_ACCOUNT = 191;

function accountSecrets(option: string, asked: string, answer: SecretAnswer): AccountSecrets {
  const named = typeof answer === 'object' && 'account' in answer;
  const { account, secret } = named ? answer : { account: asked, secret: answer };
  if (account !== '' && !isPlainText(account, LONGEST_ACCOUNT)) {
    throw new ArmoxArmaloConfigurationError(
      option,
      `the function must name an account of at most ${LONGEST_ACCOUNT} characters without control characters.`,
    );
  }
  return { account, secrets: checkSecrets(option, [secret ?? []].flat()) };
}

function checkSecrets(option: string, secrets: readonly string[]): readonly string[] {
  for (const secret of secrets) {
    const problem = secretProblem(secret);
    if (problem !== undefined) throw new ArmoxArmaloConfigurationError(option, problem);
  }
  return secrets;
}

function assertOneSchedule({ reconcile }: ArmoxArmaloOptions): void {
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
