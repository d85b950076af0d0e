import { createHmac, timingSafeEqual } from 'node:crypto';

/** Lower-case hex HMAC-SHA256; the key is the whole secret as UTF-8, whatever prefix it has. */
export function hmacSha256Hex(bytes: Buffer | string, secret: string): string {
  return createHmac('sha256', secret).update(bytes).digest('hex');
}

/** The shape of a header that is `prefix`, plain letters and signs, followed by such a digest. */
export const hmacSha256Shape = (prefix = ''): RegExp => new RegExp(`^${prefix}[0-9a-f]{64}$`);

/**
 * Lower case only: that is what both services write and what their pages' own code compares with.
 * The shape is checked before decoding, since hex decoding stops silently at the first bad character.
 */
const HEX_DIGEST = hmacSha256Shape();

/**
 * Whether `header` is `prefix` followed by the hex HMAC-SHA256 of `bytes`. Never throws. An empty
 * secret verifies nothing: anybody could sign with it.
 */
export function verifyHmacSha256(
  bytes: Buffer,
  header: string | readonly string[] | undefined,
  secret: string,
  prefix = '',
): boolean {
  if (typeof header !== 'string' || typeof secret !== 'string' || secret === '') return false;
  if (!header.startsWith(prefix)) return false;
  const hex = header.slice(prefix.length);
  if (!HEX_DIGEST.test(hex)) return false;
  const expected = createHmac('sha256', secret).update(bytes).digest();
  return timingSafeEqual(Buffer.from(hex, 'hex'), expected);
}
