import { hmacSha256Hex, hmacSha256Shape, verifyHmacSha256 } from '../../../core/index.js';

/** The value of `X-Armalo-Signature` for a body; the key is the whole secret, `whsec_` included. */
export function armaloSignature(body: Buffer | string, secret: string): string {
  return hmacSha256Hex(body, secret);
}

/** What every `X-Armalo-Signature` looks like. */
export const ARMALO_SIGNATURE_SHAPE = hmacSha256Shape();

/** Whether a body is signed with `secret` (docs/contract.md#armalo-signatures); never throws. */
export function verifyArmaloSignature(
  body: Buffer,
  header: string | readonly string[] | undefined,
  secret: string,
): boolean {
  return verifyHmacSha256(body, header, secret);
}
