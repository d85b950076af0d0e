import type { SourceDecisionOptions } from '../core/index.js';

/** A secret with the account that it belongs to, however the path of a delivery spells it. */
export interface SecretOfAccount {
  /** Under which events are stored: 1 to 191 characters, or `''` where there is one account only. */
  readonly account: string;
  readonly secret: string | readonly string[];
}

/**
 * What a function of the account may answer. A bare secret must belong to this account alone, since
 * the path is not signed: where one secret serves several paths, answer with the account too.
 * `undefined` or `[]`: the account is not known, 401.
 */
export type SecretAnswer = string | readonly string[] | SecretOfAccount | undefined;

/**
 * The secret that signs the deliveries: one, several (each is tried, for rotation), or a function of
 * the account in the path `/webhooks/<source>/:account` (`''` without one), which has 5 seconds to
 * answer. Only with a function is there such a path. At boot it is asked for two accounts that nobody
 * has; the same secret for both stops the application. Nothing is trimmed: the whole string is the key.
 */
export type WebhookSecret =
  string | readonly string[] | ((account: string) => SecretAnswer | Promise<SecretAnswer>);

/** The options that every source has. */
export interface SourceOptions<
  EventName extends string = string,
  Event = never,
> extends SourceDecisionOptions<Event> {
  /** Leave it out to use the API without webhooks: every delivery is answered 401. */
  readonly webhookSecret?: WebhookSecret | undefined;
  /** Largest body in bytes, before and after its Content-Encoding is undone. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Event names that you expect; the ones without a handler are logged at boot. */
  readonly events?: readonly EventName[];
}
