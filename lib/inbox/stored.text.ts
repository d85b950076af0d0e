import { createHash } from 'node:crypto';

const REPLACEMENT = '\uFFFD';

/** Recorded where even the sanitised text of an error is refused. */
export const UNRECORDABLE = 'The error could not be recorded.';

/** The longest error text that is kept, in bytes. */
export const ERROR_BYTES = 4_000;

/** Lone surrogates are no UTF-8, and PostgreSQL takes no NUL in a text. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', REPLACEMENT);
}

/** Any text, so that every database takes it: sanitised, and cut to `bytes` between two characters. */
export function storableText(text: string, bytes: number): string {
  const encoded = Buffer.from(wellFormed(text), 'utf8');
  if (encoded.length <= bytes) return encoded.toString('utf8');
  let end = bytes;
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return encoded.subarray(0, end).toString('utf8');
}

/**
 * A name as its column holds it. One that is too long keeps its beginning and gets a hash of the whole,
 * so that two long names stay two: `INSERT IGNORE` would cut them without a word.
 */
export function storableName(name: string, characters: number): string {
  const text = wellFormed(name);
  if (text.length <= characters) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  // Cut by bytes of one character each at most, so that no surrogate pair is split.
  return `${wellFormed(text.slice(0, characters - 33)).replaceAll(REPLACEMENT, '?')}~${hash}`;
}
