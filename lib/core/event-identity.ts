import { hash } from 'node:crypto';
import { escapedPart } from './joined-parts.js';

/** The identity of an event that carries none: the bytes, so that a redelivery of them is the same. */
export function bodyIdentity(name: string, body: Buffer): string {
  return `${escapedPart(name)}:${hashOfBody(body)}`;
}

/** That of an event whose payload is not of its shape: the sound one that may follow is another. */
export function invalidIdentity(name: string, body: Buffer): string {
  return `${escapedPart(name)}:invalid:${hashOfBody(body)}`;
}

function hashOfBody(body: Buffer): string {
  return hash('sha256', body, 'hex');
}
