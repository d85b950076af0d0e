import { signal } from '@preact/signals';
import { browserTime } from './browser.time.js';

let ahead = 0;

/** The database's time in epoch milliseconds, as well as this page knows it; moves every second. */
export const serverNow = signal(browserTime.now());

/** @param now what the database's time is at this moment */
export function learnServerTime(now: number): void {
  ahead = now - browserTime.now();
  serverNow.value = now;
}

export function keepTime(): void {
  browserTime.every(1_000, () => (serverNow.value = browserTime.now() + ahead));
}
