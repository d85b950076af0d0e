import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { DiagnosticMessages, DiagnosticName } from '../lib/core/index.js';

/** What a channel tells while `work` goes on. */
export async function heardOn<Name extends DiagnosticName>(
  name: Name,
  work: () => Promise<unknown>,
): Promise<readonly DiagnosticMessages[Name][]> {
  const heard: DiagnosticMessages[Name][] = [];
  const listen = (message: unknown) => void heard.push(message as DiagnosticMessages[Name]);
  subscribe(`armox-armalo:${name}`, listen);
  try {
    await work();
  } finally {
    unsubscribe(`armox-armalo:${name}`, listen);
  }
  return heard;
}
