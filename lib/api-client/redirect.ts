const MAX_REDIRECTS = 5;

/** Where a redirect leads, or why it is not followed. */
export type Redirect = { readonly to: URL } | { readonly problem: string };

/**
 * Follows GETs within the same origin only: fetch itself would take a header such as `X-Pact-Key`
 * to another host.
 * @param followed redirects of this call so far
 */
export function readRedirect(
  method: string,
  from: URL,
  location: string,
  followed: number,
): Redirect {
  if (!URL.canParse(location, from.href)) {
    return { problem: 'It redirects to something that is no URL.' };
  }
  const to = new URL(location, from);
  if (to.origin !== from.origin) {
    return {
      problem: `It redirects to ${to.origin}, which was not followed, so that the API key does not get there: correct the base URL.`,
    };
  }
  if (method !== 'GET') {
    return {
      problem: 'It redirects a call that is no GET, which was not followed: correct the base URL.',
    };
  }
  if (followed >= MAX_REDIRECTS) {
    return {
      problem: `It redirected ${MAX_REDIRECTS} times without an end: correct the base URL.`,
    };
  }
  return { to };
}
