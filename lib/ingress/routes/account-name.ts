import { LENGTHS } from '../../inbox/index.js';

/** The characters that a URL carries as they are; as long as the inbox keeps. */
const ACCOUNT_NAME = new RegExp(`^[A-Za-z0-9._~-]{1,${LENGTHS.account}}$`);

/**
 * Whether a path may name an account like this. Names that every object has, such as `constructor`,
 * are none: applications look their secrets up in objects.
 */
export const isAccountName = (name: string): boolean =>
  ACCOUNT_NAME.test(name) && !(name in Object.prototype);
