import type { IncomingMessage } from 'node:http';
import type { OpsRole } from './api.types.js';

/** Somebody who may use the operations page. */
export interface OpsUser {
  /** What the audit says about who has done it. */
  readonly name: string;
  /** `view`: sees everything. `operate`: may also replay, discard and the like. */
  readonly role: OpsRole;
}

/** Somebody who logs in with a password, which the browser asks for (HTTP Basic). */
export interface OpsLogin extends OpsUser {
  /** At least 12 characters. */
  readonly password: string;
}

/**
 * Tells who sends a request, from its cookies or headers; undefined answers 401. It is asked for every
 * request of the page, so it should be quick. What it throws answers 503.
 */
export type OpsAuthenticator = (
  request: IncomingMessage,
) => OpsUser | undefined | Promise<OpsUser | undefined>;

/** The operations page and its API. */
export interface OpsOptions {
  /** Who may come in: logins, or a function of yours. Without it the application does not start. */
  readonly access: readonly OpsLogin[] | OpsAuthenticator;
  /** Path of the page, below the global prefix. Default `ops`. */
  readonly path?: string | undefined;
  /** Names of payload fields whose values the page shows as `•••`, wherever they stand. Default none. */
  readonly mask?: readonly string[] | undefined;
}
