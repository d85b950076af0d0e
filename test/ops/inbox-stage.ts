import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { DataSource } from 'typeorm';
import { InboxConnections } from '../../lib/inbox/index.js';
import type { DatabaseKind, TestDatabase } from '../databases.js';
import { ManualTime } from '../manual-time.js';

export const NOON = Date.UTC(2026, 10, 28, 12);

export interface InboxStage {
  readonly database: TestDatabase;
  readonly application: DataSource;
  /** It is noon when a test begins, for the database too. */
  readonly time: ManualTime;
  /** Those of one process. */
  readonly connections: InboxConnections;
  /** Those of a further process. */
  connect(): Promise<InboxConnections>;
}

/** A database with the inbox's tables for the tests of a `describe`; all rows go before each. */
export function inboxStage(kind: DatabaseKind): InboxStage {
  const closing: (() => Promise<unknown>)[] = [];
  const its = {} as { -readonly [Key in keyof InboxStage]: InboxStage[Key] };
  its.connect = async () => {
    const application = await new DataSource(its.database.options).initialize();
    closing.push(() => application.destroy());
    const clock = { now: () => its.time.now() };
    const connections = await InboxConnections.open(application, { clock });
    closing.push(() => connections.close());
    return connections;
  };
  beforeAll(async () => {
    its.database = await kind.create();
    its.application = await new DataSource(its.database.options).initialize();
    closing.push(() => its.application.destroy());
    its.connections = await its.connect();
    await its.connections.migrate();
  });
  beforeEach(async () => {
    its.time = new ManualTime(NOON);
    for (const table of [
      'inbox',
      'attempt',
      'replica',
      'minute',
      'leader_lock',
      'operation',
      'operation_item',
    ]) {
      await its.application.query(`DELETE FROM armox_armalo_${table}`);
    }
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    await its.database.drop();
  });
  return its;
}
