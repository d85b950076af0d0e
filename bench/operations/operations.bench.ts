import { DataSource } from 'typeorm';
import type { DatabaseKind } from '../../test/databases.js';
import type { BenchOptions } from '../bench.options.js';
import { median, timed } from '../measure.js';
import type { Report } from '../report.js';
import { milliseconds, printTable, whole } from '../table.js';
import { benchApp } from '../worker/bench.app.js';
import { newRows } from '../worker/rows.js';
import { growInbox } from './grown-inbox.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import { InboxAdmin, type EventFilter, type InboxStore } from '../../lib/inbox/index.js';

const ROWS: Readonly<Record<DatabaseKind['name'], number>> = {
  postgres: 1_000_000,
  mariadb: 1_000_000,
  sqlite: 100_000,
};
const TURNS = 15;
const PAGE = { limit: 50 };

/** What an operator looks for. */
const FILTERS: Readonly<Record<string, EventFilter>> = {
  'no filter': {},
  dead: { state: 'dead' },
  'dead, a part of the error': { state: 'dead', error: 'declined' },
  done: { state: 'done' },
  'a name': { name: 'pact.violated' },
  'an id that does not exist': { eventId: 'nowhere' },
  'an error that does not exist': { error: 'nowhere' },
  'a time that is long past': { receivedSince: 0, receivedBefore: 1 },
};

/** How long the first page and the count of each filter take in an inbox that has grown for years. */
export async function benchOperations(options: BenchOptions, report: Report): Promise<void> {
  for (const database of options.databases) await onDatabase(database, report);
}

async function onDatabase(kind: DatabaseKind, report: Report): Promise<void> {
  const database = await kind.create();
  const app = await benchApp(database.options, false);
  await app.init();
  const store = app.get<InboxStore>(INBOX_STORE);
  await store.insert(newRows(0, 500));
  const rows = ROWS[kind.name];
  const dataSource = app.get(DataSource);
  await dataSource.query("UPDATE armox_armalo_inbox SET state = 'done', finished_at = due_at");
  await growInbox(dataSource, kind.name, rows);
  const admin = new InboxAdmin(store);
  const found = [];
  for (const [name, filter] of Object.entries(FILTERS)) {
    const page = await medianOf(() => admin.list(filter, PAGE));
    const count = await medianOf(() => admin.count(filter));
    report.add({ bench: 'operations', database: kind.name, subject: name, rows, page, count });
    found.push({ [kind.name]: name, 'first page': milliseconds(page), count: milliseconds(count) });
  }
  printTable(`The operations page over ${whole(rows)} events`, found);
  await app.close();
  await database.drop();
}

async function medianOf(ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  await ask();
  for (let turn = 0; turn < TURNS; turn += 1) times.push(await timed(ask));
  return median(times);
}
