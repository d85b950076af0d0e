/** Bytes of an error's text, as it is stored and told. */
export const LONGEST_ERROR = 4_000;

const ELLIPSIS = '…';
const ELLIPSIS_BYTES = Buffer.byteLength(ELLIPSIS);

/**
 * `text` in at most `bytes` bytes of UTF-8 (3 or more): one that is longer is cut between two characters and
 * ends in `…`. Bytes are what columns and log collectors count.
 */
export function cutText(text: string, bytes: number): string {
  // No unit has less than a byte, so what is beyond these cannot be kept; a thrown text may be huge.
  const encoded = Buffer.from(text.slice(0, bytes + 1));
  if (encoded.length <= bytes) return text;
  let end = bytes - ELLIPSIS_BYTES;
  while (end > 0 && isInnerByte(encoded[end])) end -= 1;
  return encoded.toString('utf8', 0, end) + ELLIPSIS;
}

/** Of a character that has begun before it. */
const isInnerByte = (byte = 0): boolean => (byte & 0xc0) === 0x80;
