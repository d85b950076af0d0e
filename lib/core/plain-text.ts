/** Control characters and lone surrogates: databases refuse them in text columns. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

/** Whether `value` is a text of 1 to `longest` UTF-16 units that every database can keep as it is. */
export function isPlainText(value: unknown, longest: number): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= longest &&
    !UNSTORABLE.test(value)
  );
}
