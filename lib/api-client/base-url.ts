import { ArmoxArmaloConfigurationError } from '../core/index.js';

/** Query parameters; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * @param option path of the option, for the error
 * @throws ArmoxArmaloConfigurationError when it is no absolute http(s) URL without credentials, query and hash
 */
export function parseBaseUrl(value: string, option: string): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    // No cause: its text would repeat the value, which may hold credentials.
    throw new ArmoxArmaloConfigurationError(option, 'is no URL. Write one that ends in /api/v1.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ArmoxArmaloConfigurationError(
      option,
      'must start with https:// (or http:// for a sandbox).',
    );
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new ArmoxArmaloConfigurationError(
      option,
      'must have no credentials, no query and no hash.',
    );
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** @param path below the base, starting with `/`, its ids encoded already */
export function joinUrl(base: URL, path: string, query: Query = {}): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

const LONGEST_ID = 200;

/**
 * An id as one path segment. Ids are opaque, so only what cannot be one is refused.
 * @throws TypeError when it is empty, longer than 200 characters, or `.` or `..`
 */
export function pathId(id: string): string {
  // URL parsing folds dot segments even when they are percent-encoded.
  if (typeof id !== 'string' || !id || id.length > LONGEST_ID || id === '.' || id === '..') {
    throw new TypeError('An id must be a text of 1 to 200 characters.');
  }
  return encodeURIComponent(id);
}
