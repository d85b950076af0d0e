import { createHash } from 'node:crypto';

/** Stack frames differ from release to release. */
const FRAME = /^\s+at /;

/** From the most to the least particular, so that no part of one is taken for another. */
const PARTICULARS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z\d+.-]*:\/\/\S+/gi, '<url>'],
  [/\S+@\S+\.\S+/g, '<mail>'],
  [/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '<text>'],
  [/\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/gi, '<id>'],
  // Words with digits in them are mostly ids: `evt_9f3`, `0x1f`, `p-17`.
  [/[\w-]*\d[\w-]*/g, '<id>'],
];

/**
 * 12 hexadecimal characters that are the same for errors that differ only in ids, numbers, quoted values,
 * addresses and where they were thrown.
 * @param error its text with the name of its class, and frames and causes on further lines
 */
export function fingerprintOf(error: string): string {
  const lines = error.split('\n').filter((line) => !FRAME.test(line));
  const general = PARTICULARS.reduce(
    (text, [what, by]) => text.replaceAll(what, by),
    lines.join('\n'),
  );
  return createHash('sha256').update(general).digest('hex').slice(0, FINGERPRINT_LENGTH);
}

export const FINGERPRINT_LENGTH = 12;
