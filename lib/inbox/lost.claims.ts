import { systemTimers } from '../core/index.js';
import { only, join, raw, sql } from '../database/index.js';
import { idOf } from './inbox.rows.js';
import type { InboxDatabase } from './inbox.database.js';

interface LostClaim {
  readonly token: string;
  /** Whether it took the event of a dead process, which stays one. */
  readonly stalled: boolean;
  /** After this no commit that was on its way can come any more, nor is its lease a live one. */
  readonly until: number;
}

/**
 * Claims of which no answer came. They may be committed all the same; then nobody works on their rows,
 * and without this their leases would run out as if the process had died: an outage must not count as a death.
 */
export class LostClaims {
  private lost: LostClaim[] = [];

  constructor(
    private readonly inbox: InboxDatabase,
    /** How many of the oldest due rows are looked through. */
    private readonly window: number,
  ) {}

  async watch<Result>(
    token: string,
    { stalled, leaseMs }: { readonly stalled: boolean; readonly leaseMs: number },
    claim: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await claim();
    } catch (error) {
      this.lost.push({ token, stalled, until: systemTimers.now() + 2 * leaseMs });
      throw error;
    }
  }

  /** Call it before looking for leases that have run out. */
  async release(): Promise<void> {
    if (this.lost.length === 0) return;
    for (const stalled of [true, false]) {
      const tokens = this.lost.filter((one) => one.stalled === stalled).map(({ token }) => token);
      if (tokens.length > 0) await this.undo(tokens, stalled);
    }
    this.lost = this.lost.filter(({ until }) => until > systemTimers.now());
  }

  private async undo(tokens: readonly string[], stalled: boolean): Promise<void> {
    const { database, dialect, tables } = this.inbox;
    const ofThem = sql`lease IN (${join(tokens.map((token) => Buffer.from(token, 'hex')))})`;
    const found = await database.read(() =>
      only(sql`SELECT id FROM (SELECT id, lease, lease_until FROM ${tables.inbox}
        WHERE state = 'open' AND body_gone = 0 AND due_at <= ${dialect.now}
        ORDER BY due_at, id LIMIT ${this.window}) front
        WHERE lease_until IS NOT NULL AND ${ofThem}`),
    );
    if (found.length === 0) return;
    // The token goes in both cases, so that a row is undone once only. A death that the claim counted was one.
    const set = stalled
      ? sql`lease = ${Buffer.alloc(16)}, lease_until = ${dialect.now}, attempts = attempts - 1`
      : raw('lease = NULL, lease_until = NULL, attempts = attempts - 1');
    await this.inbox.database.oneChange(() =>
      dialect.change({
        table: tables.inbox,
        set,
        where: sql`${dialect.oneOf('id', found.map(idOf))} AND ${ofThem}`,
        returning: ['id'],
      }),
    );
  }
}
