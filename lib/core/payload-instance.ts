import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validate, validateSync, type ValidationError } from 'class-validator';
import { boundedCopy } from './bounded-copy.js';
import { classAndPlace } from './class-and-place.js';
import { isJsonObject } from './json-envelope.js';
import { isPlainText } from './plain-text.js';

/** A class with the decorators of class-validator, and of class-transformer where it needs them. */
export type PayloadClass<Payload extends object = object> = new () => Payload;

/**
 * An instance, or in what the payload does not fit its class: texts with field names and rules, never with
 * values, since they end in logs and in the inbox.
 */
export type PayloadReading<Payload> =
  { readonly instance: Payload } | { readonly problems: readonly string[] };

/** Fields without a rule are kept: a service may add some at any time. */
const TOLERANT = {
  forbidUnknownValues: false,
  validationError: { target: false, value: false },
} as const;

const LONGEST_FIELD = 100;

/**
 * `value` as an instance of `type`, if it keeps the rules of the class, its asynchronous ones included.
 * @param path stands before the field names
 * @throws what a rule throws
 */
export async function payloadInstance<Payload extends object>(
  type: PayloadClass<Payload>,
  value: unknown,
  path: string,
): Promise<PayloadReading<Payload>> {
  const reading = transformed(type, value, path);
  if ('problems' in reading) return reading;
  const problems = told(await validate(reading.instance, TOLERANT), path);
  return problems.length > 0 ? { problems } : reading;
}

/**
 * In what `value` does not keep the rules of `type`, none of which may be asynchronous. Only the fields that
 * have rules are looked at, however large the others are.
 */
export function payloadProblems(
  type: PayloadClass,
  value: object,
  path: string,
): readonly string[] {
  const fields = ruledFields(type);
  const looked = Object.entries(value).filter(([key]) => fields.includes(key));
  const reading = transformed(type, Object.fromEntries(looked), path);
  return 'problems' in reading
    ? reading.problems
    : told(validateSync(reading.instance, TOLERANT), path);
}

/** By class, since the built-in ones are asked for with every delivery. */
const ruled = new WeakMap<PayloadClass, readonly string[]>();

/** The fields of `type`, inherited ones included, that a decorator of class-validator says something of. */
export function ruledFields(type: PayloadClass): readonly string[] {
  const known = ruled.get(type);
  if (known) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const fields = [...new Set(rules.map(({ propertyName }) => propertyName))];
  ruled.set(type, fields);
  return fields;
}

function transformed<Payload extends object>(
  type: PayloadClass<Payload>,
  value: unknown,
  path: string,
): PayloadReading<Payload> {
  if (!isJsonObject(value)) return { problems: [`${path} must be an object`] };
  const bounded = boundedCopy(value);
  if ('problem' in bounded) return { problems: [`${path} ${bounded.problem}`] };
  try {
    return { instance: plainToInstance(type, bounded.copy) };
  } catch (error) {
    // The same payload would throw again, and the message may quote it (`BigInt('12.5')` does).
    const problem = `cannot be made an instance of ${type.name}: ${classAndPlace(error)}`;
    return { problems: [`${path} ${problem}`] };
  }
}

/** By the rules' names, as their messages may quote the value. */
function told(errors: readonly ValidationError[], path: string): readonly string[] {
  return errors.flatMap(({ property, constraints = {}, children = [] }) => {
    const field = `${path}.${isPlainText(property, LONGEST_FIELD) ? property : '…'}`;
    const rules = Object.keys(constraints);
    const own = rules.length > 0 ? [`${field} breaks ${rules.join(', ')}`] : [];
    return [...own, ...told(children, field)];
  });
}
