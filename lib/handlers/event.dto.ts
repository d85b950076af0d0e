import { payloadInstance, type PayloadClass } from '../core/index.js';

/** The event with an instance in it, or in what its payload does not fit the class. */
export type DtoReading = { readonly event: unknown } | { readonly problems: readonly string[] };

/** Reads a field of a plain event as an instance of the class. */
export async function withDto(
  event: object,
  field: string,
  type: PayloadClass,
): Promise<DtoReading> {
  const reading = await payloadInstance(type, Reflect.get(event, field), field);
  return 'problems' in reading ? reading : { event: { ...event, [field]: reading.instance } };
}
