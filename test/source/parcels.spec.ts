import { jest } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Injectable, Logger } from '@nestjs/common';
import { inboxMigrations, Reconciler, type HandlerContext } from 'nestjs-armox-armalo';
import type { SourceDefinition } from 'nestjs-armox-armalo/source';
import { DataSource } from 'typeorm';
import { sourceConformance } from '../../lib/testing/index.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application } from '../flow/application.js';
import {
  OnParcelEvent,
  parcels,
  ParcelStore,
  parcelSource,
  type Parcel,
} from './parcels.source.js';

const SECRET = 'secret of parcels';
const sign = (body: Buffer, secret: string) =>
  `v1=${createHmac('sha256', secret).update(body).digest('hex')}`;

const parcel = (number: string, event = 'parcel.sent'): Parcel => ({
  event,
  id: `${event}/${number}`,
  at: '2026-03-16T10:05:00.000Z',
  parcel: { number },
});
const bytes = (value: object) => Buffer.from(JSON.stringify(value));

function signed(value: object) {
  const body = JSON.stringify(value);
  const headers = {
    'content-type': 'application/json',
    'parcels-signature': sign(Buffer.from(body), SECRET),
  };
  return { method: 'POST' as const, body, headers };
}

describe('A source written outside of the package', () => {
  it('needs its public names alone', () => {
    const text = readFileSync(new URL('parcels.source.ts', import.meta.url), 'utf8');
    const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imported).toEqual(['nestjs-armox-armalo/source']);
  });

  const checks = sourceConformance(parcelSource(), {
    sign,
    events: [parcel('1'), parcel('1', 'parcel.delivered')].map((each) => ({
      name: each.event,
      id: each.id,
      body: bytes(each),
    })),
    unknown: [{ name: 'parcel.lost', body: bytes(parcel('2', 'parcel.lost')) }],
    invalid: [{ name: 'parcel.sent', body: bytes({ event: 'parcel.sent', id: 'x', parcel: [] }) }],
  });
  it.each(checks.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});

let handled: string[] = [];

@Injectable()
class Handlers {
  @OnParcelEvent('parcel.sent')
  sent(event: Parcel, { origin }: HandlerContext) {
    handled.push(`${event.parcel.number} by ${origin}`);
  }
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'An application with a further source', () => {
    let database: TestDatabase;
    let app: Application;
    let listed: readonly Parcel[] = [];
    const lines: string[] = [];

    beforeAll(async () => {
      database = await kind.create();
      const log = jest.spyOn(Logger.prototype, 'log').mockImplementation((line: unknown) => {
        lines.push(String(line));
      });
      app = await Application.start({
        database,
        providers: [Handlers],
        options: {
          sources: [parcels({ webhookSecret: SECRET, list: async () => listed })],
          reconcile: { interval: 3_600_000 },
        },
      });
      log.mockRestore();
    });
    beforeEach(() => (handled = []));
    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    it('receives its webhooks, and handles each event once', async () => {
      const request = signed(parcel('7'));
      expect((await app.post('/webhooks/parcels', request)).status).toBe(200);
      expect((await app.post('/webhooks/parcels', request)).body).toMatchObject({
        duplicate: true,
      });
      const forged = {
        ...request,
        headers: { ...request.headers, 'parcels-signature': `v1=${'0'.repeat(64)}` },
      };
      expect((await app.post('/webhooks/parcels', forged)).status).toBe(401);
      await app.settled();
      expect(handled).toEqual(['7 by webhook']);
    });

    it('keeps its own table in step with its events', async () => {
      const store = app.nest.get(ParcelStore);
      expect(await store.lastEvent('9')).toBeUndefined();
      await app.post('/webhooks/parcels', signed(parcel('9')));
      await app.post('/webhooks/parcels', signed(parcel('9', 'parcel.delivered')));
      expect(await store.lastEvent('9')).toBe('parcel.delivered');
      await app.settled();
    });

    it('keeps an event whose payload is not sound as dead', async () => {
      await app.post('/webhooks/parcels', signed({ event: 'parcel.sent', id: 'odd', parcel: {} }));
      const dead = await app.event({ source: 'parcels', state: 'dead' });
      expect(dead).toMatchObject({ reason: 'invalid-payload' });
    });

    it('polls its feed, and finds what no webhook has brought', async () => {
      listed = [parcel('7'), parcel('8')];
      const { feeds } = await app.nest.get(Reconciler).reconcileNow();
      expect(feeds).toMatchObject([{ feed: 'parcels-list', found: 2, repaired: 1 }]);
      await app.settled();
      expect(handled).toEqual(['8 by poll']);
    });

    it('names it in the report of the start', () => {
      expect(lines.find((line) => line.startsWith('parcels:'))).toBe(
        'parcels: POST /webhooks/parcels, 1 handler',
      );
    });
  });
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'Tables of a further source', () => {
    const start = (database: TestDatabase) =>
      Application.start({
        database,
        options: { sources: [parcels({ webhookSecret: SECRET })], migrationsRun: false },
      });

    it('come with the migrations that are told of it, and are missed at boot without them', async () => {
      const database = await kind.create();
      const dataSource = new DataSource(database.options);
      try {
        await dataSource.initialize();
        const { type } = database.options;
        const run = async (sources: readonly SourceDefinition[]): Promise<void> => {
          for (const Migration of inboxMigrations({ type, sources })) {
            await new Migration().up(dataSource.createQueryRunner());
          }
        };
        await run([]);
        await expect(start(database)).rejects.toThrow('armox_armalo_parcel');
        await run([parcels({})]);
        await (await start(database)).close();
      } finally {
        await dataSource.destroy();
        await database.drop();
      }
    });
  });
}

describe('A further source is refused at boot', () => {
  const start = async (sources: unknown) => {
    const [kind] = await availableDatabases();
    const database = await kind!.create();
    try {
      await Application.start({ database, options: { sources } as never });
      return 'started';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await database.drop();
    }
  };

  it.each([
    [
      'for an option that it does not have',
      [parcels({ carier: 'x' } as never)],
      /`parcels.carier`: there is no such option. Did you mean `carrier`\?/,
    ],
    [
      'for a wrong value',
      [parcels({ carrier: 7 } as never)],
      /`parcels.carrier`: must be a text; it is 7/,
    ],
    [
      'for a misspelt event',
      [parcels({ events: ['parcel.snt'] as never })],
      /"parcel.snt" is no event of parcels. Did you mean "parcel.sent"\?/,
    ],
    [
      'for an undefined secret',
      [parcels({ webhookSecret: undefined })],
      /`parcels.webhookSecret`: is undefined/,
    ],
    [
      'for a name that is taken',
      [parcels({}), parcels({})],
      /`sources`: there are two sources named "parcels"/,
    ],
    [
      'where it is a function that was not called',
      [parcels],
      /`sources`: must be a list of source definitions/,
    ],
  ])('%s', async (_, sources, message) => {
    expect(await start(sources)).toMatch(message);
  });
});
