import {
  isJsonObject,
  isPlainText,
  readInstant,
  type SourceEvent,
  type EventOrigin,
} from '../../../core/index.js';
import type { WatchKind } from './watch.store.js';

/**
 * What an event says about a watched thing that the API shows too, but without an id that both
 * carry: an agent's score, an escrow's status.
 */
export interface Fact {
  readonly kind: WatchKind;
  readonly subject: string;
  readonly value: number | string;
  /** The value before it, as a polled event says; it was made from what was remembered then. */
  readonly previous: unknown;
  /** Epoch milliseconds by Armalo's clock, and never by ours. */
  readonly at: number | undefined;
}

/** What is remembered of a watched thing. */
export interface FactMemory {
  readonly value?: number | string;
  /** Armalo's time of the value. */
  readonly at?: number;
  /** Values that the poller was first to find: the webhook that brings one is no news. */
  readonly notes?: readonly { readonly value: number | string; readonly until: number }[];
}

/** A webhook that comes later than this after the poller is handled as an event of its own. */
const NOTE_MS = 3_600_000;
const MOST_NOTES = 20;

export function factOf({ name, payload, occurredAt }: SourceEvent): Fact | undefined {
  const data = isJsonObject(payload) ? payload['data'] : undefined;
  if (!isJsonObject(data)) return undefined;
  const at = readInstant(data['computedAt']) ?? occurredAt;
  if (name === 'score.changed') {
    const { agentId, compositeScore: value, previousScore: previous } = data;
    if (!isPlainText(agentId, 255) || typeof value !== 'number') return undefined;
    return { kind: 'score', subject: agentId, value, previous, at };
  }
  if (!name.startsWith('escrow.')) return undefined;
  const escrowId = data['escrowId'] ?? data['id'];
  if (!isPlainText(escrowId, 255)) return undefined;
  const value = name.slice('escrow.'.length, 100);
  return { kind: 'escrow', subject: escrowId, value, previous: data['previousStatus'], at };
}

/** @returns what is remembered from now on, and whether the event is news */
export function reconcileFact(
  memory: FactMemory,
  fact: Fact,
  origin: EventOrigin,
  now: number,
): { readonly memory: FactMemory; readonly isChange: boolean } {
  const notes = (memory.notes ?? []).filter(({ until }) => until > now);
  if (origin === 'poll') {
    // Something came in between the look and now: what was seen then may be older. The next look tells.
    const raced = memory.value !== undefined && memory.value !== fact.previous;
    if (raced || memory.value === fact.value) return { memory, isChange: false };
    // Found once already; then the late webhook of what was before it has come in between. Where Armalo
    // says a time, it is told by that, and a value that came back is news again.
    const isKnown = fact.at === undefined && notes.some(({ value }) => value === fact.value);
    if (isKnown) return { memory: remembered(fact, memory, notes), isChange: false };
    const note = { value: fact.value, until: now + NOTE_MS };
    return { memory: remembered(fact, memory, [...notes, note]), isChange: true };
  }
  const known = notes.findIndex(({ value }) => value === fact.value);
  if (known >= 0) {
    const left = notes.toSpliced(known, 1);
    // It says when, by Armalo's clock, what was remembered without a time has come to be.
    const after =
      memory.value === fact.value ? remembered(fact, memory, left) : { ...memory, notes: left };
    return { memory: after, isChange: false };
  }
  // Deliveries are unordered: an older score that comes late is handled, but not what is remembered.
  const isOlder = memory.at !== undefined && fact.at !== undefined && fact.at < memory.at;
  return {
    memory: isOlder ? { ...memory, notes } : remembered(fact, memory, notes),
    isChange: true,
  };
}

/** What is remembered once a value was seen, by whichever way. */
export function remembered(
  { value, at }: Pick<Fact, 'value' | 'at'>,
  memory: FactMemory,
  notes = memory.notes ?? [],
): FactMemory {
  const time = at ?? memory.at;
  return { value, ...(time !== undefined && { at: time }), notes: notes.slice(-MOST_NOTES) };
}

/** As the table keeps it. */
export const writtenMemory = (memory: FactMemory): string => JSON.stringify(memory);

/** The score or status that is remembered, for people. */
export function rememberedValue(state: string): string | null {
  const { value } = readMemory(state);
  return value === undefined ? null : String(value);
}

/** What an unreadable memory is worth: nothing, as before the first look. */
export function readMemory(state: string): FactMemory {
  try {
    const memory: unknown = JSON.parse(state);
    return isJsonObject(memory) ? memory : {};
  } catch {
    return {};
  }
}
