import type { Lease } from '../../lib/inbox/index.js';

/** An event as the inbox ought to have it. */
export interface ModelRow {
  readonly id: string;
  readonly eventId: string;
  readonly key: string | null;
  state: 'open' | 'waiting' | 'done' | 'dead';
  token: string | null;
  leaseUntil: number | null;
  dueAt: number;
  attempts: number;
  stalledCount: number;
  /** Whether the claim that has it runs it with nothing beside it. */
  alone: boolean;
  handled: boolean;
  effects: number;
  bodyGone: boolean;
}

/** What the inbox promises, in memory and without a thought of speed. */
export class InboxModel {
  readonly rows = new Map<string, ModelRow>();

  constructor(
    private readonly now: () => number,
    private readonly leaseMs: number,
  ) {}

  byEvent(eventId: string): ModelRow | undefined {
    return [...this.rows.values()].find((row) => row.eventId === eventId);
  }

  insert(id: string, eventId: string, key: string | null): void {
    const busy =
      key !== null && this.ofKey(key).some((row) => row.state !== 'done' && row.state !== 'dead');
    this.rows.set(id, {
      id,
      eventId,
      key,
      state: busy ? 'waiting' : 'open',
      token: null,
      leaseUntil: null,
      dueAt: this.now(),
      attempts: 0,
      stalledCount: 0,
      alone: false,
      handled: false,
      effects: 0,
      bodyGone: false,
    });
  }

  claimable(): readonly ModelRow[] {
    return [...this.rows.values()].filter(
      (row) => row.state === 'open' && row.leaseUntil === null && row.dueAt <= this.now(),
    );
  }

  lease(row: ModelRow, token: string): void {
    row.token = token;
    row.leaseUntil = this.now() + this.leaseMs;
  }

  claim(row: ModelRow, token: string, alone: boolean): void {
    this.lease(row, token);
    row.attempts += 1;
    row.alone = alone;
  }

  holder({ id, token }: Lease): ModelRow | undefined {
    const row = this.rows.get(id);
    return row?.state === 'open' && row.token === token ? row : undefined;
  }

  /** In the order in which they are looked at. */
  abandoned(alone: boolean): readonly ModelRow[] {
    const patience = (row: ModelRow) => (alone ? 0 : this.leaseMs * Math.min(row.attempts - 1, 10));
    const isOver = (row: ModelRow) =>
      row.leaseUntil !== null && row.leaseUntil + patience(row) <= this.now();
    return [...this.rows.values()]
      .filter((row) => row.state === 'open' && isOver(row))
      .sort((a, b) => a.attempts - b.attempts || Number(a.id) - Number(b.id));
  }

  finish(row: ModelRow, state: 'done' | 'dead'): void {
    Object.assign(row, { state, token: null, leaseUntil: null, dueAt: this.now() });
    this.promote(row.key);
  }

  retryIn(row: ModelRow, inMs: number): void {
    Object.assign(row, { token: null, leaseUntil: null, dueAt: this.now() + inMs });
  }

  release(row: ModelRow): void {
    Object.assign(row, { token: null, leaseUntil: null, attempts: row.attempts - 1 });
  }

  replay(): number {
    const final = [...this.rows.values()].filter(
      (row) => (row.state === 'done' || row.state === 'dead') && !row.bodyGone,
    );
    for (const row of final) {
      row.state = row.key === null ? 'open' : 'waiting';
      row.dueAt = this.now();
      row.stalledCount = 0;
      row.attempts = 0;
    }
    for (const key of new Set(final.map((row) => row.key))) this.promote(key);
    return final.length;
  }

  prune(payload: number, whole: number): void {
    for (const row of this.rows.values()) {
      if (row.state !== 'done') continue;
      if (row.dueAt < this.now() - whole) this.rows.delete(row.id);
      else if (row.dueAt < this.now() - payload) row.bodyGone = true;
    }
  }

  private promote(key: string | null): void {
    if (key === null) return;
    const rows = this.ofKey(key);
    if (rows.some((row) => row.state === 'open')) return;
    const [head] = rows
      .filter((row) => row.state === 'waiting')
      .sort((a, b) => Number(a.id) - Number(b.id));
    if (head) Object.assign(head, { state: 'open', dueAt: this.now() });
  }

  private ofKey(key: string): readonly ModelRow[] {
    return [...this.rows.values()].filter((row) => row.key === key);
  }
}
