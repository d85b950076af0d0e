import { pactViolated } from '../samples.js';
import type { InboxStore } from '../../lib/inbox/index.js';

type NewRow = Parameters<InboxStore['insert']>[0][number];

const BATCH = 500;

export function newRow(number: number): NewRow {
  return {
    source: 'armalo',
    account: '',
    eventId: `pact.violated:${number}`,
    name: 'pact.violated',
    occurredAt: null,
    orderKey: null,
    origin: 'webhook',
    body: Buffer.from(JSON.stringify(pactViolated(number))),
    invalid: null,
  };
}

export const newRows = (from: number, count: number): readonly NewRow[] =>
  Array.from({ length: count }, (_, index) => newRow(from + index));

export async function fill(store: InboxStore, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    await store.insert(newRows(from, Math.min(BATCH, count - from)));
  }
}
