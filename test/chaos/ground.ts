import { setTimeout as pause } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { InboxConnections, type InboxStore } from '../../lib/inbox/index.js';
import type { DatabaseKind, TestDatabase } from '../databases.js';
import { dataSourceOptions } from './database.options.js';
import { createEffectTables, Effect, ENTITIES, Run } from './effects.js';
import type { Findings } from './findings.js';
import { storedEvents } from '../event.lists.js';

/** A fresh database with the inbox's tables and the handlers', and a view of it that no fault reaches. */
export class Ground {
  private constructor(
    readonly kind: DatabaseKind,
    readonly database: TestDatabase,
    readonly dataSource: DataSource,
    private readonly connections: InboxConnections,
  ) {}

  static async create(kind: DatabaseKind): Promise<Ground> {
    const database = await kind.create();
    const options = dataSourceOptions(kind.name, database.url, 3);
    const dataSource = await new DataSource({ ...options, entities: ENTITIES }).initialize();
    await createEffectTables(dataSource);
    const connections = await InboxConnections.open(dataSource);
    await connections.migrate();
    return new Ground(kind, database, dataSource, connections);
  }

  get store(): InboxStore {
    return this.connections.store;
  }

  get replica() {
    return { kind: this.kind.name, url: this.database.url };
  }

  /** Waits until every event is final. @returns false when that takes longer than `limit` milliseconds */
  async drained(limit: number): Promise<boolean> {
    const until = Date.now() + limit;
    const final = new Set<string>(['done', 'dead', 'ignored']);
    while (Date.now() < until) {
      const counts = await this.store.counts();
      if (counts.every(({ state, count }) => count === 0 || final.has(state))) return true;
      await pause(50);
    }
    return false;
  }

  /** How often each name stands in a table. */
  async tally(of: typeof Effect): Promise<Map<string, number>> {
    const tally = new Map<string, number>();
    for (const { eventId } of await this.dataSource.getRepository(of).find()) {
      tally.set(eventId, (tally.get(eventId) ?? 0) + 1);
    }
    return tally;
  }

  /** What is promised whatever happened: every 2xx has its row, every event its one effect, the inbox is in order. */
  async judge(findings: Findings, expected: Expected): Promise<void> {
    const rows = new Map<string, number>();
    for (const event of await storedEvents(this.store)) {
      const body = JSON.parse(event.body?.toString() ?? '{}') as Body;
      const name = body.job?.id ?? body.data?.pactId ?? '';
      rows.set(name, (rows.get(name) ?? 0) + 1);
      if (event.state === 'dead' && !expected.dead?.has(name)) {
        findings.wrong(`${name} is dead (${event.reason}): ${event.lastError ?? ''}`);
      }
    }
    for (const name of expected.acknowledged) if (!rows.has(name)) findings.lost(name, 'its row');
    for (const [name, count] of rows) if (count > 1) findings.doubled(name, `${count} rows`);
    const effects = await this.tally(Effect);
    const runs = await this.tally(Run);
    for (const name of expected.effects) {
      const count = effects.get(name) ?? 0;
      // Of what was never answered 2xx nothing is promised but that it takes effect once at most.
      if (count === 0 && expected.acknowledged.has(name)) findings.lost(name, 'its effect');
      if (count > 1) findings.doubled(name, `${count} effects`);
    }
    for (const name of effects.keys()) {
      if (!expected.effects.has(name)) findings.doubled(name, 'an effect of no event');
    }
    for (const name of expected.runs ?? []) {
      if (!runs.has(name) && expected.acknowledged.has(name)) findings.lost(name, 'its run');
    }
    for (const [name, times] of expected.exactRuns ?? []) {
      const count = runs.get(name) ?? 0;
      if (count < times) findings.lost(name, `${count} of ${times} runs`);
      if (count > times) findings.doubled(name, `${count} runs for ${times}`);
    }
    for (const { id, problem } of await this.store.violations()) {
      findings.violation(`#${id} ${problem}`);
    }
  }

  async close(): Promise<void> {
    await this.connections.close();
    await this.dataSource.destroy();
    await this.database.drop();
  }
}

export interface Expected {
  readonly acknowledged: ReadonlySet<string>;
  /** Events of transactional handlers. */
  readonly effects: ReadonlySet<string>;
  /** Events of plain handlers. */
  readonly runs?: ReadonlySet<string>;
  /** How often plain handlers run where no fault allows them once more. */
  readonly exactRuns?: ReadonlyMap<string, number>;
  readonly dead?: ReadonlySet<string>;
}

interface Body {
  readonly job?: { readonly id?: string };
  readonly data?: { readonly pactId?: string };
}
