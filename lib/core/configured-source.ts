import type { WebhookSource } from './webhook-source.js';

/** Who may sign what comes to a path. */
export interface AccountSecrets {
  /**
   * The account that the secrets belong to, under which events are stored. The path's own one is not
   * signed, so where two paths take the same secret it must be the same for both.
   */
  readonly account: string;
  /**
   * Each is tried; none = the account is not known or not configured, and every delivery is answered 401.
   */
  readonly secrets: readonly string[];
}

/** Gives the secrets for the account that a path names; `''` where the path names none. */
export type SecretResolver = (account: string) => AccountSecrets | Promise<AccountSecrets>;

/** A source with what the application's options say about it. */
export interface ConfiguredSource {
  readonly source: WebhookSource;
  readonly secrets: SecretResolver;
  /** Path of the built-in route, without global prefix and version: `/webhooks/<source>`. */
  readonly path: string;
  /** Whether there is a secret at all: without one every delivery is answered 401. */
  readonly receives: boolean;
  /** Event names that the application expects: see the option `events`. */
  readonly expected: readonly string[];
  /** Whether `<path>/:account` is a route too: secrets are a function of the account. */
  readonly accounts: boolean;
  /** Largest body in bytes, before and after Content-Encoding is undone. */
  readonly bodyLimit: number;
}
