import type { WebhookSource } from './webhook-source.js';

/**
 * Gives the secrets that may sign for an account (`''` where the route names none), each of which is
 * tried; none = the account is not known or not configured, and every delivery is answered 401.
 */
export type SecretResolver = (account: string) => Promise<readonly string[]>;

/** A source with what the application's options say about it. */
export interface ConfiguredSource {
  readonly source: WebhookSource;
  readonly secrets: SecretResolver;
  /** Path of the built-in route, without global prefix and version: `/webhooks/armalo`. */
  readonly path: string;
  /** Whether `<path>/:account` is a route too: secrets are a function of the account. */
  readonly accounts: boolean;
  /** Largest body in bytes, before and after Content-Encoding is undone. */
  readonly bodyLimit: number;
}
