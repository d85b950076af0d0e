import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DiagnosticMessages, DiagnosticName } from '../core/index.js';

export type DiagnosticListeners = {
  readonly [Name in DiagnosticName]?: (message: DiagnosticMessages[Name]) => void;
};

/** @returns how to stop */
export function listenTo(listeners: DiagnosticListeners): () => void {
  const subscribed = Object.entries(listeners).map(([name, listener]) => {
    const channel = `armox-armalo:${name}`;
    const onMessage = listener as (message: unknown) => void;
    subscribe(channel, onMessage);
    return () => unsubscribe(channel, onMessage);
  });
  return () => {
    for (const stop of subscribed) stop();
  };
}
