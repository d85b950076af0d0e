import { createHash } from 'node:crypto';

/** Stack frames differ from release to release. */
const FRAME = /^\s+at /;

/** A quotation mark within a word is an apostrophe. */
const QUOTED = /"[^"]*"|`[^`]*`|(?<!\w)'[^']*'(?!\w)/g;

/** Of a line so many characters count: where an id is longer, the text behind it is cut off earlier. */
const COMPARED = 200;

export const FINGERPRINT_LENGTH = 12;

/**
 * 12 hexadecimal characters that are the same for errors that differ only in ids, numbers, quoted values,
 * addresses and where they were thrown. Takes a time that grows with the text's length alone, since senders may
 * have their say in it.
 * @param error its text with the name of its class, and frames and causes on further lines
 */
export function fingerprintOf(error: string): string {
  const lines = error.split('\n').filter((line) => !FRAME.test(line));
  // The last line of a text that was too long ends anywhere.
  if (lines.length > 1 && error.endsWith('…')) lines.pop();
  const general = lines.map((line) => generalOf(line).slice(0, COMPARED)).join('\n');
  return createHash('sha256').update(general).digest('hex').slice(0, FINGERPRINT_LENGTH);
}

const generalOf = (line: string): string =>
  line
    .replaceAll(QUOTED, '<text>')
    .replaceAll(/\S+/g, withoutIds)
    // `1,234.5` and `10.0.0.1:80` are as many as the number of a list's elements.
    .replaceAll(/<id>(?:[\s.,:;/]*<id>)+/g, '<id>');

/** Words with digits in them are mostly ids: `evt_9f3`, `0x1f`, `p-17`. */
function withoutIds(word: string): string {
  if (word.includes('://')) return '<url>';
  if (/\w@\w/.test(word)) return '<mail>';
  return word.replaceAll(/[\w-]+/g, (part) => (/\d/.test(part) ? '<id>' : part));
}
