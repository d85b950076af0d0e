import { hash } from 'node:crypto';
import { cutText } from '../core/index.js';

const REPLACEMENT = '\uFFFD';

/** Recorded where even the sanitised text of an error is refused. */
export const UNRECORDABLE = 'The error could not be recorded.';

const UNSTORABLE = /[\0\p{Cs}]/u;

/** Lone surrogates are no UTF-8, and PostgreSQL takes no NUL in a text. */
function wellFormed(text: string): string {
  return UNSTORABLE.test(text)
    ? Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', REPLACEMENT)
    : text;
}

/** Any text, so that every database takes it: sanitised, and in `bytes` at most. */
export function storableText(text: string, bytes: number): string {
  return cutText(wellFormed(text), bytes);
}

/**
 * A name as its column holds it. One that is too long keeps its beginning and gets a hash of the whole,
 * so that two long names stay two: `INSERT IGNORE` would cut them without a word.
 */
export function storableName(name: string, characters: number): string {
  const text = wellFormed(name);
  if (text.length <= characters) return text;
  const digest = hash('sha256', text, 'hex').slice(0, 32);
  // Cut by bytes of one character each at most, so that no surrogate pair is split.
  return `${wellFormed(text.slice(0, characters - 33)).replaceAll(REPLACEMENT, '?')}~${digest}`;
}
