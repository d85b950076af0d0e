import { hmacSha256Hex, hmacSha256Shape, verifyHmacSha256 } from '../../../core/index.js';

const PREFIX = 'sha256=';

/** The value of `X-Armox-Signature` for a body. */
export function armoxSignature(body: Buffer | string, secret: string): string {
  return PREFIX + hmacSha256Hex(body, secret);
}

/** What every `X-Armox-Signature` looks like. */
export const ARMOX_SIGNATURE_SHAPE = hmacSha256Shape(PREFIX);

/** Whether a body is signed with `secret` (docs/contract.md#armox-signatures); never throws. */
export function verifyArmoxSignature(
  body: Buffer,
  header: string | readonly string[] | undefined,
  secret: string,
): boolean {
  return verifyHmacSha256(body, header, secret, PREFIX);
}
