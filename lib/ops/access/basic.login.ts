import { createHash, timingSafeEqual } from 'node:crypto';
import type { OpsLogin, OpsUser } from '../ops.options.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Knows the passwords by their digests, which are all of one length and are compared in one time. */
export class BasicLogins {
  private readonly known: readonly (OpsUser & { readonly credentials: Buffer })[];

  constructor(logins: readonly OpsLogin[]) {
    this.known = logins.map(({ name, role, password }) => ({
      name,
      role,
      credentials: digest(`${name}:${password}`),
    }));
  }

  /** @param header `Authorization` */
  find(header: string): OpsUser | undefined {
    const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header) ?? [];
    if (encoded === undefined) return undefined;
    const given = digest(Buffer.from(encoded, 'base64').toString('utf8'));
    let found: OpsUser | undefined;
    // All of them, so that the time says nothing about which names there are.
    for (const { name, role, credentials } of this.known) {
      if (timingSafeEqual(credentials, given)) found = { name, role };
    }
    return found;
  }
}
