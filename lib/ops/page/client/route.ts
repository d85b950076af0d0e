import { signal } from '@preact/signals';

/** Where in the page one is: `#/events/42`, `#/events?state=dead`. */
export interface Route {
  /** Name of the view: `events`. */
  readonly view: string;
  /** Of what the view shows, where it shows one thing. */
  readonly id: string | undefined;
  readonly query: URLSearchParams;
}

/** What a view is given of it. */
export interface ViewProps {
  /** Empty where it is about no single thing. */
  readonly id: string;
  readonly query: URLSearchParams;
}

export const route = signal(readRoute(location.hash));

export function followRoute(): void {
  addEventListener('hashchange', () => (route.value = readRoute(location.hash)));
}

/** What a link to a place in the page has as its `href`. */
export function hrefTo(path: string, query?: URLSearchParams): string {
  const text = query?.toString() ?? '';
  return `#/${path}${text === '' ? '' : `?${text}`}`;
}

export const eventHref = (id: string): string => hrefTo(`events/${encodeURIComponent(id)}`);

export function go(href: string): void {
  location.hash = href;
}

function readRoute(hash: string): Route {
  const [path = '', query] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', id] = path.split('/', 2);
  return {
    view: view || 'overview',
    id: id === undefined || id === '' ? undefined : decoded(id),
    query: new URLSearchParams(query),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
