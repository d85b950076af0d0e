import {
  ArmoxArmaloConfigurationError,
  described,
  func,
  isObject,
  readOptions,
  rule,
  type OptionRules,
} from '../core/index.js';
import { OPTION_RULES, STATIC_RULES } from './armox-armalo.option-rules.js';

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
  readOptions(STATIC_RULES, Object.fromEntries(given));
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
  readOptions({ ...ASYNC_RULES, ...STATIC_RULES }, options);
  const sources = SOURCES_OF_OPTIONS.filter((name) => Reflect.get(options, name) !== undefined);
  if (sources.length === 1) return;
  throw new ArmoxArmaloConfigurationError(
    SOURCES_OF_OPTIONS.join(', '),
    `give one of the three to \`forRootAsync\`; there ${sources.length === 0 ? 'is none' : `are ${sources.length}`}.`,
  );
}

function list() {
  return rule('a list', Array.isArray, undefined);
}

function notOptions(method: string, given: unknown): ArmoxArmaloConfigurationError {
  return new ArmoxArmaloConfigurationError(
    'armox, armalo',
    `\`ArmoxArmaloModule.${method}\` takes the options, an object; it was given ${described(given)}.`,
  );
}
