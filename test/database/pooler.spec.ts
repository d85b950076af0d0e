import 'reflect-metadata';
import { jest } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import { type ArmaloEvent, type HandlerContext, OnArmaloEvent } from 'nestjs-armox-armalo';
import { Client } from 'pg';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { InboxConnections } from '../../lib/inbox/index.js';
import { armaloRequest } from '../../lib/testing/index.js';
import { testDatabase, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET } from '../flow/application.js';
import { event, LEASE, settlement } from '../inbox/store-suite.js';
import { PgBouncer, pgbouncerVersion, type Pooling } from './pgbouncer.js';

const DELIVERIES = 200;

@Entity('effect')
class Effect {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ type: 'varchar', length: 200 })
  pactId: string;
}

const failures: unknown[] = [];

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated', { transactional: true })
  async record({ data }: ArmaloEvent<'pact.violated'>, { manager, attempt }: HandlerContext) {
    if (attempt > 1) failures.push(data.pactId);
    await manager.insert(Effect, { pactId: data.pactId ?? '' });
  }
}

const violated = (pactId: string) =>
  armaloRequest(
    { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data: { pactId } },
    ARMALO_SECRET,
  );

/** Poolers tell an id of their own for the session. One that tells the server's looks like the server itself. */
class ClientOfHiddenPooler extends Client {
  override connect(): Promise<Client>;
  override connect(connected: (error: Error, client: Client) => void): void;
  override connect(connected?: (error: Error, client: Client) => void): unknown {
    const whole = super.connect().then(async () => {
      const { rows } = await this.query('SELECT pg_backend_pid() AS id');
      (this as { processID?: unknown }).processID = (rows as { id: number }[])[0]?.id;
    });
    if (!connected) return whole.then(() => this);
    whole.then(
      () => connected(null as unknown as Error, this),
      (error: Error) => connected(error, this),
    );
    return undefined;
  }
}

const postgres = await testDatabase('postgres');
const version = postgres.available ? pgbouncerVersion() : undefined;
const describePooled = version ? describe : describe.skip;

describePooled(`Behind PgBouncer ${version?.join('.') ?? '(which is not there)'}`, () => {
  let database: TestDatabase;
  let pooler: PgBouncer | undefined;
  let warned: jest.SpiedFunction<Logger['warn']>;

  beforeEach(async () => {
    database = await postgres.create();
    warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    failures.length = 0;
  });

  afterEach(async () => {
    warned.mockRestore();
    await pooler?.stop();
    await database.drop();
  });

  const pooled = async (pooling: Pooling): Promise<string> => {
    pooler = await PgBouncer.start(database.url, pooling);
    return pooler.url;
  };

  const aboutStatements = () =>
    warned.mock.calls.map(String).filter((line) => line.includes('prepared statements'));

  it.each<[string, Partial<Pooling>]>([
    ['follows no prepared statements', { maxPreparedStatements: 0 }],
    ['does as its version does', {}],
  ])('that %s, each of 200 deliveries is stored and handled once', async (_, pooling) => {
    const url = await pooled({ poolSize: 2, ...pooling });
    const app = await Application.start({
      database: { ...database, options: { type: 'postgres', url } },
      providers: [Handlers],
      entities: [Effect],
      options: { worker: { pollInterval: 20 } },
    });
    try {
      const wanted = Array.from({ length: DELIVERIES }, (_each, index) => `pact_${index}`);
      const answers = await Promise.all(
        wanted.map((pactId) => app.post('/webhooks/armalo', violated(pactId))),
      );
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      await app.settled();
      const effects = await app.dataSource.getRepository(Effect).find();
      expect(effects.map(({ pactId }) => pactId).sort()).toEqual([...wanted].sort());
      expect(failures).toEqual([]);
      expect(aboutStatements()).toEqual([expect.stringMatching(/pooler.*Nothing is lost/)]);
    } finally {
      await app.close();
    }
  });

  it('that cannot be told from the server, lost statements are sent again', async () => {
    const url = await pooled({ poolSize: 1, maxPreparedStatements: 0 });
    const application = await new DataSource({
      type: 'postgres',
      url,
      extra: { Client: ClientOfHiddenPooler },
    }).initialize();
    const connections = await InboxConnections.open(application, {});
    const { store } = connections;
    try {
      await connections.migrate();
      const events = Array.from({ length: DELIVERIES }, () => event());
      const results = await Promise.all(events.map((each) => store.insert([each])));
      expect(results.flat().filter(({ outcome }) => outcome !== 'stored')).toEqual([]);
      const claims = await Promise.all([1, 2, 3, 4].map(() => store.claim(50, LEASE)));
      const refused = await Promise.all(
        claims.map((rows) => store.settle(rows.map((row) => settlement(row, { to: 'done' })))),
      );
      expect(refused.flatMap((ids) => [...ids])).toEqual([]);
      expect(await store.counts()).toMatchObject([{ state: 'done', count: DELIVERIES }]);
      expect(aboutStatements()).toEqual([expect.stringMatching(/SQLSTATE (26000|42P05|08P01)/)]);
    } finally {
      await connections.close();
      await application.destroy();
    }
  });
});
