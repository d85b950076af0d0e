import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { systemClock, systemRandom, systemTimers } from '../../lib/core/index.js';
import type { SourceEvent, WebhookSource } from '../../lib/core/index.js';
import type { HandlerRegistry, RegisteredHandler } from '../../lib/handlers/index.js';
import { Inbox, InboxConnections, type ClaimedRow } from '../../lib/inbox/index.js';
import { eventDispatch } from '../../lib/worker/dispatch/event.dispatch.js';
import { Execution } from '../../lib/worker/index.js';
import {
  availableDatabases,
  describeOn,
  type DatabaseKind,
  type TestDatabase,
} from '../databases.js';
import { defaultRetryPolicy } from '../worker/default-retry.policy.js';
import { LogBook } from '../worker/log-book.js';
import { counted, Traffic } from './counted.js';

/**
 * Statements and round trips to the database. Whoever adds one makes this red; who saves one writes it down
 * here. SQLite is in the process, so there are statements alone.
 */
const COSTS: Readonly<Record<string, Readonly<Record<DatabaseKind['name'], string>>>> = {
  'a delivery': { postgres: '1 in 1', mariadb: '4 in 4', sqlite: '3 in 0' },
  'a delivery with an ordering key': { postgres: '1 in 1', mariadb: '5 in 5', sqlite: '3 in 0' },
  'a delivery that comes again': { postgres: '2 in 2', mariadb: '4 in 4', sqlite: '4 in 0' },
  '50 deliveries at once': { postgres: '1 in 1', mariadb: '4 in 4', sqlite: '52 in 0' },
  'the claim of 50 events': { postgres: '1 in 1', mariadb: '5 in 5', sqlite: '1 in 0' },
  'their empty handlers and their settle': {
    postgres: '1 in 1',
    mariadb: '4 in 4',
    sqlite: '1 in 0',
  },
  'a transactional event, from its claim to its end': {
    postgres: '5 in 3',
    mariadb: '11 in 11',
    sqlite: '7 in 0',
  },
  // Each but the first begins in the trip that ends the one before it.
  'ten of them, one transaction at a time': {
    postgres: '41 in 12',
    mariadb: '65 in 65',
    sqlite: '61 in 0',
  },
};

const LEASE = 30_000;

const source = {
  name: 'armalo',
  read: () => ({ payload: {}, problems: [] }),
} as unknown as WebhookSource;

const event = (changed: Partial<SourceEvent> = {}): SourceEvent => ({
  source: 'armalo',
  account: '',
  id: randomUUID(),
  name: 'plain',
  body: Buffer.from('{}'),
  payload: {},
  problems: [],
  ...changed,
});

const handler = (name: string, transactional: boolean): RegisteredHandler => ({
  name: `Handlers.${name}`,
  source: 'armalo',
  patterns: [name],
  options: { transactional },
  invoke: () => Promise.resolve(),
});

const HANDLERS = [handler('plain', false), handler('transactional', true)];

for (const kind of await availableDatabases()) {
  describeOn(kind, 'What goes to the database', () => {
    const traffic = new Traffic();
    let database: TestDatabase;
    let application: DataSource;
    let connections: InboxConnections;
    let inbox: Inbox;
    let execution: Execution;

    beforeAll(async () => {
      database = await kind.create();
      const options = counted(kind.name, database.options, traffic);
      application = await new DataSource(options).initialize();
      connections = await InboxConnections.open(application);
      await connections.migrate();
      const { store } = connections;
      inbox = new Inbox(store);
      const shared = { store, timers: systemTimers, random: systemRandom, logger: new LogBook() };
      const { dispatch } = eventDispatch({
        ...shared,
        sources: [source],
        handlers: {
          handlersFor: (_source: string, name: string) =>
            HANDLERS.filter(({ patterns }) => patterns.includes(name)),
        } as unknown as HandlerRegistry,
        settings: { lease: LEASE, transactions: 1, retry: defaultRetryPolicy },
        replica: 'this one',
        clock: systemClock,
      });
      execution = new Execution({ ...shared, dispatch, lease: LEASE });
    });

    afterAll(async () => {
      await connections?.close();
      await application?.destroy();
      await database?.drop();
    });

    const accept = (...events: readonly SourceEvent[]) =>
      Promise.all(events.map((each) => inbox.accept(each, 'webhook')));

    const many = () => Array.from({ length: 50 }, () => event());

    const claim = (limit: number) => connections.store.claim(limit, LEASE);

    const run = async (rows: readonly ClaimedRow[]) => {
      const held = rows.map((row) => execution.hold(row, systemTimers.now()));
      const outcomes = await Promise.all(held.map((each) => execution.runHeld(each)));
      expect(outcomes.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
      return outcomes.length;
    };

    /** What each of the costs is about; what it needs before is not counted. */
    const costs = async (): Promise<Record<string, string>> => {
      const cost = async (what: () => Promise<unknown>): Promise<string> => {
        traffic.taken();
        await what();
        return traffic.taken();
      };
      const again = event();
      const delivery = await cost(() => accept(again));
      const keyed = await cost(() => accept(event({ orderKey: randomUUID() })));
      const duplicate = await cost(() => accept(again));
      await run(await claim(50));
      const deliveries = await cost(() => accept(...many()));
      let rows: readonly ClaimedRow[] = [];
      const claimed = await cost(async () => (rows = await claim(50)));
      const settled = await cost(async () => expect(await run(rows)).toBe(50));
      await accept(event({ name: 'transactional' }));
      const transactional = await cost(async () => expect(await run(await claim(1))).toBe(1));
      const ten = () => Array.from({ length: 10 }, () => event({ name: 'transactional' }));
      await accept(...ten());
      const tenOfThem = await cost(async () => expect(await run(await claim(10))).toBe(10));
      return {
        'a delivery': delivery,
        'a delivery with an ordering key': keyed,
        'a delivery that comes again': duplicate,
        '50 deliveries at once': deliveries,
        'the claim of 50 events': claimed,
        'their empty handlers and their settle': settled,
        'a transactional event, from its claim to its end': transactional,
        'ten of them, one transaction at a time': tenOfThem,
      };
    };

    it('is as many statements in as many round trips', async () => {
      // The second time connections are open, and their first statements behind them.
      await costs();
      const wanted = Object.entries(COSTS).map(([what, cost]) => [what, cost[kind.name]]);
      expect(await costs()).toEqual(Object.fromEntries(wanted));
    });
  });
}
