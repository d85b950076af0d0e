export const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

export function isListOf(accepts: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(accepts);
}

/** As it completes "must be …". */
export const PLAIN_URL = 'an http(s) URL without credentials, query and hash';

export function isPlainUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && `${username}${password}${search}${hash}` === '';
}

/** An empty key verifies what anybody signs with an empty key; blanks around one are a copy mistake. */
export function secretProblem(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be a text that is not empty.';
  if (value === value.trim()) return undefined;
  return 'begins or ends with white space, most likely from copying; remove it.';
}
