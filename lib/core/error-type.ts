/** A code or a class name; whatever else stands there may be a text, and texts quote payloads. */
const PLAIN = /^[A-Za-z_$][\w$.-]{0,63}$|^\d{1,8}$|^[0-9A-Z]{5}$/;

/** What kind of error it is, for metrics and traces: its code, else the name of its class; `_OTHER` where it has neither. */
export function errorType(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return '_OTHER';
    const known = [Reflect.get(error, 'code'), Reflect.get(error, 'name')].find(
      (value): value is string => typeof value === 'string' && PLAIN.test(value),
    );
    return known ?? '_OTHER';
  } catch {
    // A getter of the error threw.
    return '_OTHER';
  }
}
