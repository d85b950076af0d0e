import { ARMALO_SIGNATURE_HEADER, armaloSignature } from '../sources/armalo/index.js';
import { ARMOX_SIGNATURE_HEADER, armoxSignature } from '../sources/armox/index.js';

/** A webhook request that is ready to be posted. */
export interface SignedRequest {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** The value of `X-Armox-Signature` for exactly this body. */
export function signArmox(body: string | Buffer, secret: string): string {
  return armoxSignature(body, secret);
}

/** The value of `X-Armalo-Signature` for exactly this body. */
export function signArmalo(body: string | Buffer, secret: string): string {
  return armaloSignature(body, secret);
}

/** A signed delivery of Armox's; an object is sent as its JSON. */
export function armoxRequest(event: object | string, secret: string): SignedRequest {
  const body = toBody(event);
  return request(body, ARMOX_SIGNATURE_HEADER, signArmox(body, secret));
}

/** A signed delivery of Armalo's; an object is sent as its JSON. */
export function armaloRequest(event: object | string, secret: string): SignedRequest {
  const body = toBody(event);
  return request(body, ARMALO_SIGNATURE_HEADER, signArmalo(body, secret));
}

function toBody(event: object | string): Buffer {
  if (Buffer.isBuffer(event)) return event;
  return Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
}

function request(body: Buffer, header: string, signature: string): SignedRequest {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', [header]: signature },
    body,
  };
}
