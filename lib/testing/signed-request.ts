import { ARMALO_SIGNATURE_HEADER, armaloSignature } from '../sources/armalo/index.js';
import { ARMOX_SIGNATURE_HEADER, armoxSignature } from '../sources/armox/index.js';

/**
 * A webhook request that is ready to be posted: `fetch(url, request)`, or with supertest
 * `.post(path).set(request.headers).send(request.body)`.
 */
export interface SignedRequest {
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  /** A text, since clients make JSON of bytes, which breaks the signature. */
  readonly body: string;
}

/** The value of `X-Armox-Signature` for exactly this body. */
export function signArmox(body: string | Buffer, secret: string): string {
  return armoxSignature(body, secret);
}

/** The value of `X-Armalo-Signature` for exactly this body. */
export function signArmalo(body: string | Buffer, secret: string): string {
  return armaloSignature(body, secret);
}

/**
 * A signed delivery of Armox's; an object is sent as its JSON, a text as it is. For a body that is no
 * text, sign its bytes with `signArmox`.
 */
export function armoxRequest(event: object | string, secret: string): SignedRequest {
  const body = toBody(event);
  return request(body, ARMOX_SIGNATURE_HEADER, signArmox(body, secret));
}

/** As `armoxRequest`, for Armalo. */
export function armaloRequest(event: object | string, secret: string): SignedRequest {
  const body = toBody(event);
  return request(body, ARMALO_SIGNATURE_HEADER, signArmalo(body, secret));
}

function toBody(event: object | string): string {
  if (typeof event === 'string') return event;
  if (event instanceof Uint8Array) {
    throw new TypeError('Bytes cannot be sent as a text; sign them with signArmox or signArmalo.');
  }
  return JSON.stringify(event);
}

function request(body: string, header: string, signature: string): SignedRequest {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', [header]: signature },
    body,
  };
}
