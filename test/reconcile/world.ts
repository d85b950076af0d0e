import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import { DataSource } from 'typeorm';
import {
  systemTimers,
  type EventFeed,
  type Timers,
  type WebhookSource,
} from '../../lib/core/index.js';
import { RateLimiter } from '../../lib/api-client/index.js';
import {
  Inbox,
  InboxConnections,
  type ClaimedRow,
  type InboxStore,
  type InboxDatabase,
} from '../../lib/inbox/index.js';
import { sourceTables } from '../source.tables.js';
import { Reconciler, type ReconcilerDependencies } from '../../lib/reconcile/index.js';
import { armaloFactHook, armaloSource } from '../../lib/sources/armalo/index.js';
import { armoxJobHook, armoxSource } from '../../lib/sources/armox/index.js';
import { ManualTimers } from '../../lib/testing/index.js';
import type { DatabaseKind, TestDatabase } from '../databases.js';

export const SOURCES: readonly WebhookSource[] = [armoxSource(), armaloSource()];

/** Lines that went to the log, so that a test can count them. */
export class LogBook {
  readonly lines: string[] = [];
  log(line: unknown): void {
    this.lines.push(String(line));
  }
  error(line: unknown): void {
    this.log(line);
  }
  warn(line: unknown): void {
    this.log(line);
  }
}

/** Time that passes when somebody sleeps in it, and when the test says so. */
export class World extends ManualTimers {
  /** Whoever waits lets time pass. */
  readonly timers: Timers = {
    now: () => this.now(),
    sleep: (ms, signal) => {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      this.advance(ms);
      return Promise.resolve();
    },
    // What is asked over a real socket is waited for in real time.
    after: (ms, then) => systemTimers.after(ms, then),
  };
}

/** Sleeps for ever: for what must happen by no clock. */
export const asleep: Timers = {
  now: () => 0,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  after: () => () => undefined,
};

/** One process of the application: its own connections, inbox and poller. */
export interface Replica {
  readonly store: InboxStore;
  readonly parts: InboxDatabase;
  readonly inbox: Inbox;
  readonly log: LogBook;
  reconciler(feeds: readonly EventFeed[], more?: Partial<ReconcilerDependencies>): Reconciler;
}

export interface Stage {
  readonly world: World;
  readonly application: DataSource;
  replica(): Promise<Replica>;
  /** A route that takes webhooks in for the given replicas by turns. @returns its URL, without the source's name */
  receive(replicas: readonly Replica[]): Promise<string>;
  /** Forgets everything. */
  clear(): Promise<void>;
}

/** A database with the tables in it, for the tests of a `describe`. */
export function stage(kind: DatabaseKind): Stage {
  const closing: (() => Promise<unknown>)[] = [];
  let database: TestDatabase;
  const its = { world: new World() } as { -readonly [Key in keyof Stage]: Stage[Key] };
  beforeAll(async () => {
    database = await kind.create();
    its.application = await new DataSource(database.options).initialize();
    const connections = await InboxConnections.open(its.application, { tables: sourceTables });
    await connections.migrate();
    await connections.close();
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    await its.application.destroy();
    await database.drop();
  });
  its.replica = async () => {
    const application = await new DataSource(database.options).initialize();
    const connections = await InboxConnections.open(application, {
      clock: its.world,
      tables: sourceTables,
      insertHooks: [armoxJobHook, armaloFactHook],
    });
    closing.push(() => application.destroy());
    closing.push(() => connections.close());
    const { store, parts } = connections;
    const inbox = new Inbox(store);
    const log = new LogBook();
    const timers: Timers = { ...asleep, now: () => its.world.now() };
    const common = { inbox, store, logger: log, timers };
    const reconciler = (
      feeds: readonly EventFeed[],
      more: Partial<ReconcilerDependencies> = {},
    ): Reconciler => new Reconciler({ ...common, feeds, random: () => 0.5, ...more });
    return { store, parts, inbox, log, reconciler };
  };
  its.receive = async (replicas) => {
    const server = await receiver(replicas);
    closing.push(() => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      return closed;
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  its.clear = async () => {
    for (const table of ['inbox', 'attempt', 'leader_lock', 'job', 'watch']) {
      await its.application.query(`DELETE FROM armox_armalo_${table}`);
    }
  };
  return its;
}

async function receiver(replicas: readonly Replica[]): Promise<Server> {
  let turn = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const source = SOURCES.find(({ name }) => request.url === `/${name}`) as WebhookSource;
      const { inbox } = replicas[turn++ % replicas.length] as Replica;
      const event = source.open({ account: '', body: Buffer.concat(chunks) });
      inbox.accept(event, 'webhook').then(
        () => response.writeHead(200).end(),
        () => response.writeHead(503).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/**
 * Handles all that is open, as a worker would.
 * @returns what was handled: the events' ids; `<agent>=<score>` for `score.changed`, `<escrow>=<name>` for escrows
 */
export async function handleAll(store: InboxStore): Promise<readonly string[]> {
  const handled: string[] = [];
  for (;;) {
    const rows = await store.claim(500, 30_000);
    if (rows.length === 0) return handled;
    handled.push(...rows.map(effectOf));
    await store.settle(
      rows.map(({ id, token, attempt }) => ({
        id,
        token,
        attempt,
        completedHandlers: ['h'],
        failures: [],
        to: 'done',
      })),
    );
  }
}

function effectOf({ name, eventId, body }: ClaimedRow): string {
  const { data = {} } = JSON.parse(body.toString()) as { data?: Record<string, unknown> };
  if (name === 'score.changed')
    return `${String(data['agentId'])}=${String(data['compositeScore'])}`;
  if (name.startsWith('escrow.')) return `${String(data['escrowId'])}=${name}`;
  return eventId;
}

/** A limiter of one process, as another process does not share it. */
export const ownLimiter = (world: World, limits = {}): RateLimiter =>
  new RateLimiter(world.timers, limits);

/** What every client of a test is made with. */
export function clientOptions(world: World, sandbox: { apiKey: string; url: string }, limits = {}) {
  return {
    apiKey: sandbox.apiKey,
    baseUrl: sandbox.url,
    clock: world,
    timers: world.timers,
    random: () => 0.5,
    rateLimiter: ownLimiter(world, limits),
  };
}
