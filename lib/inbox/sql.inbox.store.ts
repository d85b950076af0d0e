import { AuditStore } from './audit.store.js';
import { backlogOf, blockedKeyOf, databaseStatus, deadSince } from './backlog.queries.js';
import { MinuteStore } from './minute.store.js';
import { Claiming } from './claiming.js';
import { deadErrors, type DeadErrorsRequest } from './dead.errors.js';
import type { EntityManager } from 'typeorm';
import type { HandlerTurn, OpenDatabase } from '../database/index.js';
import type { DeadEventListener } from './dead.event.listeners.js';
import { EventQueries } from './event.queries.js';
import { EventSearch } from './event.search.js';
import { InsertHooks } from './insert.hooks.js';
import { HandlerTransactions } from './handler.transactions.js';
import { holdLeaderLock } from './leader.locks.js';
import type { LaterEvents, Lease } from './claimed.row.js';
import type { DryRunWork } from './dry-run.store.js';
import type { InboxStore } from './inbox.store.js';
import type { NewInboxRow } from './intake.store.js';
import type { PublishedHandler } from './replica.store.js';
import type { Settlement } from './settlement.js';
import type {
  ChangeFilter,
  ChangeOptions,
  EventFilter,
  PageRequest,
  ReplayOptions,
  RetentionPeriods,
  StoredState,
} from './stored.event.js';
import type {
  ClaimException,
  Recovery,
  TransactionalOptions,
  TransactionalPart,
} from './work.store.js';
import { Inserting } from './inserting.js';
import { OrderKeys } from './order.keys.js';
import { RedeliveryStore } from './redelivery.store.js';
import { Replicas } from './replicas.js';
import { changeConditions } from './change.filter.js';
import { OperationStore } from './operation.store.js';
import { OperatorChanges } from './operator.changes.js';
import { Retention } from './retention.js';
import { Settling } from './settling.js';
import { firstStored, newerApplied } from './stale.check.js';
import type { InboxDatabase } from './inbox.database.js';

/** What a store uses beside the statements. */
export type StoreConnections = Pick<
  OpenDatabase,
  'inserts' | 'rowTransactions' | 'joins' | 'listen'
>;

/** The store of every database; what is different about one comes in with its connections. */
export class SqlInboxStore implements InboxStore {
  readonly minutes: MinuteStore;
  readonly redeliveries: RedeliveryStore;
  readonly operations: OperationStore;
  readonly audit: AuditStore;
  private readonly inserting: Inserting;
  private readonly orderKeys: OrderKeys;
  private readonly claiming: Claiming;
  private readonly settling: Settling;
  private readonly transactions: HandlerTransactions;
  private readonly retention: Retention;
  private readonly changes: OperatorChanges;
  private readonly queries: EventQueries;
  private readonly search: EventSearch;
  private readonly replicas: Replicas;

  constructor(
    private readonly inbox: InboxDatabase,
    private readonly connections: StoreConnections,
    readonly ingestTimeout: number,
    insertHooks = new InsertHooks(),
  ) {
    const { inserts, rowTransactions } = connections;
    this.orderKeys = new OrderKeys(inbox);
    this.inserting = new Inserting(inbox, this.orderKeys, inserts, ingestTimeout, insertHooks);
    this.claiming = new Claiming(inbox, this.orderKeys);
    this.settling = new Settling(inbox, this.orderKeys);
    this.transactions = new HandlerTransactions(inbox, this.orderKeys, rowTransactions);
    this.retention = new Retention(inbox);
    this.queries = new EventQueries(inbox);
    this.search = new EventSearch(inbox);
    this.replicas = new Replicas(inbox);
    this.minutes = new MinuteStore(inbox);
    this.redeliveries = new RedeliveryStore(inbox);
    this.audit = new AuditStore(inbox);
    this.changes = new OperatorChanges(inbox, this.orderKeys, this.audit);
    this.operations = new OperationStore(inbox, this.orderKeys, this.audit);
  }

  joins(): boolean {
    return this.connections.joins();
  }

  async insert(rows: readonly NewInboxRow[]) {
    return rows.length === 0 ? [] : this.inserting.insert(rows);
  }

  claim(limit: number, leaseMs: number, except?: readonly ClaimException[]) {
    return this.claiming.claim(limit, leaseMs, except);
  }

  claimById(ids: readonly string[], leaseMs: number) {
    return this.claiming.claimById(ids, leaseMs);
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
    return this.claiming.release(leases);
  }

  settle(settlements: readonly Settlement[]) {
    return this.settling.settle(settlements);
  }

  markCompleted(lease: Lease, handler: string) {
    return this.transactions.markCompleted(lease, handler);
  }

  newerApplied(id: string, handler: string) {
    return newerApplied(this.inbox, id, handler);
  }

  firstStored(events: LaterEvents) {
    return firstStored(this.inbox, events);
  }

  runTransactional(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: (manager: EntityManager) => Promise<void>,
    options?: TransactionalOptions,
  ) {
    return this.transactions.run(lease, handler, leaseMs, work, options);
  }

  runTogether(
    handler: string,
    leaseMs: number,
    parts: readonly TransactionalPart[],
    turn?: HandlerTurn,
  ) {
    return this.transactions.runTogether(handler, leaseMs, parts, turn);
  }

  dryRun(work: DryRunWork) {
    const { inbox: table } = this.inbox.tables;
    return this.connections.rowTransactions.dryRun({ ...work, table });
  }

  sweepWaiting() {
    return this.orderKeys.sweep();
  }

  async replay(filter: ChangeFilter, { rerunAll = false, by }: ReplayOptions = {}) {
    return this.changes.replay(changeConditions(filter), rerunAll, by);
  }

  async retryNow(filter: ChangeFilter, { by }: ChangeOptions = {}) {
    return this.changes.retryNow(changeConditions(filter), by);
  }

  async discard(filter: ChangeFilter, { by }: ChangeOptions = {}) {
    return this.changes.discard(changeConditions(filter), by);
  }

  prune(periods: RetentionPeriods, batch: number) {
    return this.retention.prune(periods, batch);
  }

  backlog() {
    return backlogOf(this.inbox);
  }

  deadSince(ms: number) {
    return deadSince(this.inbox, ms);
  }

  blockedKey() {
    return blockedKeyOf(this.inbox);
  }

  database() {
    return databaseStatus(this.inbox);
  }

  errors(request?: DeadErrorsRequest) {
    return deadErrors(this.inbox, request);
  }

  count(filter: EventFilter) {
    return this.search.count(filter);
  }

  ahead(id: string) {
    return this.search.ahead(id);
  }

  find(filter: EventFilter) {
    return this.queries.find(filter);
  }

  async list(filter: EventFilter, page?: PageRequest) {
    return this.search.list(filter, page);
  }

  attempts(id: string) {
    return this.queries.attempts(id);
  }

  counts(states?: readonly StoredState[]) {
    return this.queries.counts(states);
  }

  violations() {
    return this.queries.violations();
  }

  holdLeaderLock(name: string, owner: string, ms: number) {
    return holdLeaderLock(this.inbox, name, owner, ms);
  }

  onDead(listener: DeadEventListener) {
    return this.inbox.deadEvents.listen(listener);
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
    return this.connections.listen(this.inbox.tables.channel, wake);
  }
}
