import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { go, hrefTo, route } from '../client/route.js';

let field: HTMLInputElement | null = null;
let isWanted = false;

/** Leads to the field that searches among the events, from wherever one is. */
export function leadToSearch(): void {
  const { view, id } = route.peek();
  if (view === 'events' && id === undefined) return field?.focus();
  isWanted = true;
  go(hrefTo('events'));
}

/** For the field itself. */
export function useSearchField(): RefObject<HTMLInputElement | null> {
  const its = useRef<HTMLInputElement | null>(null);
  useEffect(() => {
    field = its.current;
    if (isWanted) field?.focus();
    isWanted = false;
  }, []);
  return its;
}
