/** What may be written for one option, and what stands for it where nothing is. */
export interface OptionRule<Value> {
  readonly default: Value;
  /** What is wrong with a value, as a sentence that repeats no secret; undefined where nothing is. */
  readonly problem: (value: unknown) => string | undefined;
  /** Of a number. */
  readonly bounds?: NumberBounds;
}

export interface NumberBounds {
  readonly min: number;
  readonly max: number;
  /** Default true. */
  readonly whole?: boolean;
  /** What is counted, in the plural. */
  readonly unit?: 'milliseconds' | 'bytes' | 'connections' | 'events' | 'handlers' | 'attempts';
}

/** `always`: an object or its defaults. `switchable`: or `false`. `optional`: nothing where it is left out. */
export type GroupPresence = 'always' | 'switchable' | 'optional';

/** Options that stand together in an object. */
export interface OptionGroup<
  Options extends OptionRules = OptionRules,
  Presence extends GroupPresence = GroupPresence,
> {
  readonly presence: Presence;
  readonly options: Options;
}

export interface OptionRules {
  readonly [option: string]: OptionRule<unknown> | OptionGroup;
}

/** Rules for exactly the options of an interface, so that none is forgotten. */
export type RulesOf<Options> = Readonly<Record<keyof Options, OptionRule<unknown> | OptionGroup>>;

/** The options with their defaults in place. */
export type ReadOptions<Options extends OptionRules> = {
  readonly [Name in keyof Options]: Options[Name] extends OptionRule<infer Value>
    ? Value
    : Options[Name] extends OptionGroup<infer Inner, infer Presence>
      ? ReadOptions<Inner> | (Presence extends 'always' ? never : undefined)
      : never;
};

export function group<Options extends OptionRules, Presence extends GroupPresence>(
  presence: Presence,
  options: Options,
): OptionGroup<Options, Presence> {
  return { presence, options };
}

/** @param expected completes "must be …" */
export function rule<Value>(
  expected: string,
  accepts: (value: unknown) => boolean,
  fallback: Value,
): OptionRule<Value> {
  return {
    default: fallback,
    problem: (value) =>
      accepts(value) ? undefined : `must be ${expected}; it is ${described(value)}.`,
  };
}

export function number<Value>(
  bounds: NumberBounds & { readonly default: Value; readonly orNull?: boolean },
): OptionRule<Value> {
  const { min, max, whole = true, unit, orNull = false } = bounds;
  const of = unit === undefined ? '' : ` of ${unit}`;
  const expected =
    `a ${whole ? 'whole ' : ''}number${of} from ${min.toLocaleString('en-US')} to ` +
    `${max.toLocaleString('en-US')}${orNull ? ', or null' : ''}`;
  const accepts = (value: unknown): boolean =>
    (orNull && value === null) ||
    (typeof value === 'number' &&
      value >= min &&
      value <= max &&
      (!whole || Number.isInteger(value)));
  return { ...rule(expected, accepts, bounds.default), bounds };
}

export function flag<Value extends boolean | undefined>(fallback: Value) {
  return rule<boolean | Value>('true or false', (value) => typeof value === 'boolean', fallback);
}

export function func(expected = 'a function'): OptionRule<unknown> {
  return rule(expected, (value) => typeof value === 'function', undefined);
}

/** A value as it may be shown: numbers whole, texts only where they look like a number with its unit. */
export function described(value: unknown): string {
  if (typeof value === 'string') {
    if (value === '') return 'an empty text';
    const harmless = /^[-+]?[\d.,_]{1,12} ?[a-z]{0,4}$/i.test(value);
    return harmless ? `the text "${value}"` : `a text of ${value.length} characters`;
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
