import { ArmoxArmaloConfigurationError } from './errors.js';
import { nearest } from './nearest.js';
import {
  described,
  type OptionGroup,
  type OptionRule,
  type OptionRules,
  type ReadOptions,
} from './option.rules.js';

/**
 * Checks what was given against the rules, and puts the defaults in their places.
 * @param path of the options within the whole, for messages: `worker.retry`
 * @throws ArmoxArmaloConfigurationError for a value that breaks its rule, or a name that has none
 */
export function readOptions<Options extends OptionRules>(
  rules: Options,
  given: object,
  path = '',
): ReadOptions<Options> {
  return new OptionReader(rules, path).read(rules, given, path) as ReadOptions<Options>;
}

/** Every option of the rules with its path; an option that is a group is not one of them. */
export function optionPaths(
  rules: OptionRules,
  path = '',
): readonly (readonly [path: string, rule: OptionRule<unknown>])[] {
  return Object.entries(rules).flatMap(([name, entry]) =>
    isGroup(entry)
      ? optionPaths(entry.options, within(path, name))
      : [[within(path, name), entry] as const],
  );
}

class OptionReader {
  constructor(
    private readonly root: OptionRules,
    private readonly rootPath: string,
  ) {}

  read(rules: OptionRules, given: object, path: string): Record<string, unknown> {
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(rules, name)) throw this.unknown(rules, name, path);
    }
    return Object.fromEntries(
      Object.entries(rules).map(([name, entry]) => {
        const value: unknown = Reflect.get(given, name);
        const option = within(path, name);
        return [
          name,
          isGroup(entry) ? this.group(entry, value, option) : one(entry, value, option),
        ];
      }),
    );
  }

  private group({ presence, options }: OptionGroup, value: unknown, option: string): unknown {
    if (value === undefined) {
      return presence === 'optional' ? undefined : this.read(options, {}, option);
    }
    if (value === false && presence === 'switchable') return undefined;
    if (!isObject(value)) {
      const off = presence === 'switchable' ? ', or false' : '';
      throw new ArmoxArmaloConfigurationError(
        option,
        `must be an object${off}; it is ${described(value)}.`,
      );
    }
    return this.read(options, value, option);
  }

  private unknown(rules: OptionRules, name: string, path: string): ArmoxArmaloConfigurationError {
    const meant = nearest(name, Object.keys(rules)) ?? this.elsewhere(name);
    return new ArmoxArmaloConfigurationError(
      within(path, name),
      meant === undefined
        ? `there is no such option; there are ${Object.keys(rules)
            .map((known) => `\`${known}\``)
            .join(', ')}.`
        : `there is no such option. Did you mean \`${meant}\`?`,
    );
  }

  /** The option of the same name in another object. */
  private elsewhere(name: string): string | undefined {
    const paths = optionPaths(this.root, this.rootPath).map(([path]) => path);
    return paths.find((path) => path.split('.').at(-1)?.toLowerCase() === name.toLowerCase());
  }
}

function one(rule: OptionRule<unknown>, value: unknown, option: string): unknown {
  if (value === undefined) return rule.default;
  const problem = rule.problem(value);
  if (problem !== undefined) throw new ArmoxArmaloConfigurationError(option, problem);
  return value;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isGroup = (entry: OptionRule<unknown> | OptionGroup): entry is OptionGroup =>
  'options' in entry;

const within = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
