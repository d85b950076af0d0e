import {
  ArmoxArmaloConfigurationError,
  described,
  func,
  isObject,
  readOptions,
  rule,
  type OptionRules,
} from '../core/index.js';
import type { SourceDefinition } from '../source-definition/index.js';
import { OPTION_RULES, STATIC_RULES } from './armox-armalo.option-rules.js';
import { BUILT_IN_SOURCES } from './built-in.sources.js';

const SOURCES_OF_OPTIONS = ['useFactory', 'useClass', 'useExisting'] as const;

/** What Nest reads of the options of a `forRootAsync`. */
const ASYNC_RULES: OptionRules = {
  useFactory: func('a function that returns the options'),
  useClass: func('a class that makes the options'),
  useExisting: rule('an injection token', () => true, undefined),
  inject: list(),
  imports: list(),
  provideInjectionTokensFrom: list(),
};

/** @throws ArmoxArmaloConfigurationError when a static option beside the others is wrong */
export function checkStaticOptions(options: unknown): void {
  if (!isObject(options)) throw notOptions('forRoot', options);
  const given = Object.entries(options).filter(([name]) => name in STATIC_RULES);
  assertNamesDiffer(readOptions(STATIC_RULES, Object.fromEntries(given)).sources);
}

/** @throws ArmoxArmaloConfigurationError when an option is wrong, unknown or none that may stand there */
export function checkAsyncOptions(options: unknown): void {
  if (!isObject(options)) throw notOptions('forRootAsync', options);
  const misplaced = Object.keys(options).find((name) => Object.hasOwn(OPTION_RULES, name));
  if (misplaced !== undefined) {
    throw new ArmoxArmaloConfigurationError(
      misplaced,
      'stands beside `useFactory`, where only static options may. Return it from the factory.',
    );
  }
  assertNamesDiffer(readOptions({ ...ASYNC_RULES, ...STATIC_RULES }, options).sources);
  const sources = SOURCES_OF_OPTIONS.filter((name) => Reflect.get(options, name) !== undefined);
  if (sources.length === 1) return;
  throw new ArmoxArmaloConfigurationError(
    SOURCES_OF_OPTIONS.join(', '),
    `give one of the three to \`forRootAsync\`; there ${sources.length === 0 ? 'is none' : `are ${sources.length}`}.`,
  );
}

/** @throws ArmoxArmaloConfigurationError when two sources would share a route and their events */
function assertNamesDiffer(sources: readonly SourceDefinition[]): void {
  const names = [...BUILT_IN_SOURCES, ...sources].map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  throw new ArmoxArmaloConfigurationError(
    'sources',
    `there are two sources named "${twice}"; the name is the route and the column of the events. Rename one.`,
  );
}

function list() {
  return rule('a list', Array.isArray, undefined);
}

function notOptions(method: string, given: unknown): ArmoxArmaloConfigurationError {
  return new ArmoxArmaloConfigurationError(
    BUILT_IN_SOURCES.map(({ name }) => name).join(', '),
    `\`ArmoxArmaloModule.${method}\` takes the options, an object; it was given ${described(given)}.`,
  );
}
