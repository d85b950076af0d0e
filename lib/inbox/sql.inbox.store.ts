import { Claiming } from './claiming.js';
import { only, sql } from '../database/index.js';
import type { DeadEventListener } from './dead.event.listeners.js';
import { EventQueries } from './event.queries.js';
import { InsertHooks } from './insert.hooks.js';
import {
  markCompleted,
  type HandlerTransactions,
  type TransactionalWork,
} from './completed.handlers.js';
import type { LaterEvents, Lease } from './claimed.row.js';
import type { InboxStore } from './inbox.store.js';
import type { NewInboxRow } from './intake.store.js';
import type { PublishedHandler } from './replica.store.js';
import type { Settlement } from './settlement.js';
import type { EventFilter, ReplayFilter, RetentionPeriods } from './stored.event.js';
import type { ClaimException, HandlerTurn, Recovery } from './work.store.js';
import { Inserting, type InsertDialect } from './inserting.js';
import { OrderKeys } from './order.keys.js';
import { Replicas } from './replicas.js';
import { replayConditions } from './replay.filter.js';
import { Retention } from './retention.js';
import { Settling } from './settling.js';
import { firstStored, newerApplied } from './stale.check.js';
import type { InboxDatabase } from './inbox.database.js';

export interface StoreCollaborators {
  readonly insert: InsertDialect;
  readonly handlers: HandlerTransactions;
  /** Default: none. */
  readonly insertHooks?: InsertHooks;
  readonly ingestTimeout: number;
  /** Whether the caller runs inside a transaction that `insert` would become part of. */
  readonly joins: () => boolean;
  readonly listen: (wake: () => void) => Promise<() => Promise<void>>;
}

/** The store of every database; what is different about one is in its dialect and collaborators. */
export class SqlInboxStore implements InboxStore {
  private readonly orderKeys: OrderKeys;
  private readonly inserting: Inserting;
  private readonly claiming: Claiming;
  private readonly settling: Settling;
  private readonly retention: Retention;
  private readonly queries: EventQueries;
  private readonly replicas: Replicas;

  constructor(
    private readonly parts: InboxDatabase,
    private readonly its: StoreCollaborators,
  ) {
    this.orderKeys = new OrderKeys(parts);
    this.inserting = new Inserting(
      parts,
      this.orderKeys,
      its.insert,
      its.ingestTimeout,
      its.insertHooks ?? new InsertHooks(),
    );
    this.claiming = new Claiming(parts, this.orderKeys);
    this.settling = new Settling(parts, this.orderKeys);
    this.retention = new Retention(parts, this.orderKeys);
    this.queries = new EventQueries(parts);
    this.replicas = new Replicas(parts);
  }

  get ingestTimeout(): number {
    return this.its.ingestTimeout;
  }

  joins(): boolean {
    return this.its.joins();
  }

  async insert(rows: readonly NewInboxRow[]) {
    return rows.length === 0 ? [] : this.inserting.insert(rows);
  }

  claim(limit: number, leaseMs: number, except?: readonly ClaimException[]) {
    return this.claiming.claim(limit, leaseMs, except);
  }

  claimStalled(recovery: Recovery) {
    return this.claiming.claimStalled(recovery);
  }

  noLongerAlone(lease: Lease) {
    return this.claiming.noLongerAlone(lease);
  }

  outlook() {
    return this.claiming.outlook();
  }

  heartbeat(leases: readonly Lease[], leaseMs: number) {
    return this.claiming.heartbeat(leases, leaseMs);
  }

  release(leases: readonly Lease[]) {
    return this.claiming.giveBack(leases);
  }

  settle(settlements: readonly Settlement[]) {
    return this.settling.settle(settlements);
  }

  markCompleted(lease: Lease, handler: string) {
    return markCompleted(this.parts, lease, handler);
  }

  newerApplied(id: string, handler: string) {
    return newerApplied(this.parts, id, handler);
  }

  firstStored(events: LaterEvents) {
    return firstStored(this.parts, events);
  }

  runTransactional(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: TransactionalWork,
    turn?: HandlerTurn,
  ) {
    return this.its.handlers.run(lease, handler, leaseMs, work, turn);
  }

  sweepWaiting() {
    return this.orderKeys.sweep();
  }

  async replay(filter: ReplayFilter, options: { readonly rerunAll?: boolean } = {}) {
    return this.retention.replay(replayConditions(filter), options.rerunAll ?? false);
  }

  prune(periods: RetentionPeriods, batch: number) {
    return this.retention.prune(periods, batch);
  }

  find(filter: EventFilter) {
    return this.queries.find(filter);
  }

  list(filter: EventFilter, limit: number) {
    return this.queries.list(filter, limit);
  }

  attempts(id: string) {
    return this.queries.attempts(id);
  }

  counts() {
    return this.queries.counts();
  }

  violations() {
    return this.queries.violations();
  }

  async holdLeaderLock(name: string, owner: string, ms: number): Promise<boolean> {
    const { database, dialect, tables } = this.parts;
    const until = sql`${dialect.now} + ${dialect.number(ms)}`;
    if (dialect.family !== 'mysql') {
      const rows = await database.statement(() =>
        only(sql`INSERT INTO ${tables.leaderLock} AS held (name, owner, held_until) VALUES (${name}, ${owner}, ${until})
          ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, held_until = excluded.held_until
          WHERE held.owner = excluded.owner OR held.held_until <= ${dialect.now} RETURNING name`),
      );
      return rows.length > 0;
    }
    return database.transaction(function* () {
      // Left to right: the new owner decides about the new time.
      yield sql`INSERT INTO ${tables.leaderLock} (name, owner, held_until) VALUES (${name}, ${owner}, ${until})
        ON DUPLICATE KEY UPDATE
          owner = IF(owner = VALUES(owner) OR held_until <= ${dialect.now}, VALUES(owner), owner),
          held_until = IF(owner = VALUES(owner), VALUES(held_until), held_until)`;
      const [row] = yield sql`SELECT owner FROM ${tables.leaderLock} WHERE name = ${name}`;
      return row?.['owner'] === owner;
    });
  }

  onDead(listener: DeadEventListener) {
    return this.parts.deadEvents.listen(listener);
  }

  publishHandlers(replica: string, handlers: readonly PublishedHandler[], ms: number) {
    return this.replicas.publish(replica, handlers, ms);
  }

  withdrawHandlers(replica: string) {
    return this.replicas.withdraw(replica);
  }

  otherReplicas(replica: string) {
    return this.replicas.others(replica);
  }

  listen(wake: () => void) {
    return this.its.listen(wake);
  }
}
