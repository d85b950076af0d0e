import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DiagnosticMessages, DiagnosticName } from '../../core/index.js';
import { seriesOfTime } from './handler.times.js';
import type { MinuteCounter } from './minute.counter.js';

type Counting = {
  readonly [Name in DiagnosticName]?: (
    counter: MinuteCounter,
    message: DiagnosticMessages[Name],
  ) => void;
};

/** Which step counts in which series. */
const COUNTING: Counting = {
  stored: (counter, { source, origin }) => {
    if (origin === 'webhook') counter.count(source, 'received');
  },
  duplicate: (counter, { source, origin }) => {
    if (origin === 'webhook') counter.count(source, 'duplicate');
  },
  refused: (counter, { source }) => counter.count(source, 'refused'),
  'handler-ended': (counter, { source, outcome, duration }) => {
    if (outcome === 'done' || outcome === 'failed') counter.count(source, seriesOfTime(duration));
  },
  settled: (counter, { source, outcome }) => {
    if (outcome === 'done') counter.count(source, 'handled');
    else if (outcome === 'ignored') counter.count(source, 'ignored');
    else if (outcome === 'dead') counter.count(source, 'dead');
    else counter.count(source, 'retried');
  },
  // Those that no attempt has ended: dead from the start, or for killing their process.
  dead: (counter, { source, reason, attempt }) => {
    if (attempt === 0 || reason === 'killed-process') counter.count(source, 'dead');
  },
};

/** Counts the steps of this process's events. @returns how to stop */
export function countSteps(counter: MinuteCounter): () => void {
  const listeners = Object.entries(COUNTING).map(([name, count]) => {
    const channel = `armox-armalo:${name}`;
    const listener = (message: unknown): void =>
      (count as (counter: MinuteCounter, message: unknown) => void)(counter, message);
    subscribe(channel, listener);
    return { channel, listener };
  });
  return () => {
    for (const { channel, listener } of listeners) unsubscribe(channel, listener);
  };
}
