import { signal } from '@preact/signals';
import type { OverviewView } from '../../api.types.js';
import { ApiProblem, apiUrl, getView } from './api.client.js';
import { browserTime } from './browser.time.js';
import { learnServerTime } from './server.time.js';

const POLL_EVERY_MS = 5_000;

/** The latest that is known; undefined until something is. */
export const overview = signal<OverviewView | undefined>(undefined);

/** Why nothing new comes; undefined while it does. */
export const liveProblem = signal<ApiProblem | undefined>(undefined);

/** How it comes. */
export const liveState = signal<'connecting' | 'live' | 'polling' | 'paused'>('connecting');

let stopping = new AbortController();

/** Keeps the overview up to date: by a stream, and by asking for it where the stream brings nothing. */
export function resumeLive(): void {
  stopping.abort();
  stopping = new AbortController();
  liveState.value = 'connecting';
  void follow(stopping.signal);
}

export function pauseLive(): void {
  stopping.abort();
  liveProblem.value = undefined;
  liveState.value = 'paused';
}

/** A page that nobody sees asks for nothing. */
export function restWhileHidden(): void {
  document.addEventListener('visibilitychange', () => {
    if (liveState.value === 'paused') return;
    if (document.hidden) stopping.abort();
    else resumeLive();
  });
}

async function follow(signal: AbortSignal): Promise<void> {
  let stream: EventSource | undefined;
  let isFresh = false;
  const openStream = (): EventSource => {
    const opened = new EventSource(apiUrl('live'));
    opened.addEventListener('overview', ({ data }: MessageEvent<string>) => {
      isFresh = true;
      take(JSON.parse(data) as OverviewView, 'live');
    });
    return opened;
  };
  signal.addEventListener('abort', () => stream?.close());
  while (!signal.aborted) {
    // A stream that the server has refused stays closed; one that broke connects again by itself.
    if (stream === undefined || stream.readyState === EventSource.CLOSED) stream = openStream();
    if (!isFresh) await poll(signal, () => isFresh);
    isFresh = false;
    await browserTime.sleep(POLL_EVERY_MS, signal);
  }
}

/** @param isOutdone whether the stream has brought something meanwhile */
async function poll(signal: AbortSignal, isOutdone: () => boolean): Promise<void> {
  try {
    const view = await getView<OverviewView>('overview', signal);
    if (!signal.aborted && !isOutdone()) take(view, 'polling');
  } catch (error) {
    if (error instanceof ApiProblem) liveProblem.value = error;
  }
}

function take(view: OverviewView, state: 'live' | 'polling'): void {
  learnServerTime(view.now);
  overview.value = view;
  liveProblem.value = undefined;
  liveState.value = state;
}
