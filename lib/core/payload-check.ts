import { validateSync, type ValidationError } from 'class-validator';

/** A class with class-validator decorators. */
export type PayloadClass = new () => object;

/**
 * In what `value` is not of the class's shape: texts with field names and rules, never with values,
 * since they end in logs and in the inbox. `path` stands before the field names.
 *
 * The instance is a flat copy. class-transformer's deep one throws on payloads that hold a
 * `constructor` key or are nested deeper than the stack, and both can be signed.
 */
export function payloadProblems(type: PayloadClass, value: object, path: string): string[] {
  // class-validator finds the rules by the instance's `constructor`: the payload must not set it.
  const fields = Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'constructor'));
  const errors = validateSync(Object.assign(new type(), fields), { forbidUnknownValues: false });
  return errors.flatMap((error) => rules(error).map((rule) => `${path}.${rule}`));
}

function rules(error: ValidationError): string[] {
  return Object.values(error.constraints ?? {});
}
