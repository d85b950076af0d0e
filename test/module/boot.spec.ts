import { ConsoleLogger, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ArmoxArmaloModule,
  type ArmoxArmaloOptions,
  type ArmoxArmaloOptionsFactory,
  ArmoxClient,
  Inbox,
  InboxAdmin,
  OnArmaloEvent,
} from 'nestjs-armox-armalo';
import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';

type Imports = NonNullable<Parameters<typeof Module>[0]['imports']>;

const memory = (name?: string) =>
  TypeOrmModule.forRoot({
    type: 'better-sqlite3',
    driver: SqliteDriver,
    database: ':memory:',
    synchronize: true,
    retryAttempts: 1,
    ...(name !== undefined && { name }),
  });

const armalo = { webhookSecret: 'whsec_test' };

class Lines extends ConsoleLogger {
  readonly lines: string[] = [];

  protected override printMessages(messages: unknown[], context = ''): void {
    for (const message of messages) this.lines.push(`${context}: ${String(message)}`);
  }
}

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  violated() {}
}

async function boot(imports: Imports, providers: Type[] = []) {
  @Module({ imports, providers })
  class AppModule {}
  const logger = new Lines();
  const app = await NestFactory.create(AppModule, { logger, abortOnError: false });
  app.setGlobalPrefix('api');
  try {
    await app.init();
  } catch (error) {
    await app.close();
    throw error;
  }
  return { app, lines: logger.lines };
}

const failure = async (options: unknown, more: Imports = [memory()]) =>
  boot([...more, ArmoxArmaloModule.forRoot(options as ArmoxArmaloOptions)]).then(
    () => 'it started',
    (error: Error) => error.message,
  );

describe('A wrong option stops the application at boot, naming the option:', () => {
  it.each<[string, unknown, RegExp]>([
    ['no service', {}, /`armox, armalo`: give at least one/],
    ['an empty secret', { armalo: { webhookSecret: '' } }, /`armalo.webhookSecret`: .*not empty/],
    ['a padded secret', { armox: { webhookSecret: 's ' } }, /`armox.webhookSecret`: .*white space/],
    ['a padded one in a list', { armox: { webhookSecret: ['s', '\ts'] } }, /`armox.webhookSecret`/],
    ['an empty list', { armox: { webhookSecret: [] } }, /`armox.webhookSecret`: the list is empty/],
    [
      'a secret whose variable is not set',
      { armox: { webhookSecret: undefined } },
      /`armox.webhookSecret`: is undefined/,
    ],
    ['an empty key', { armox: { apiKey: '' } }, /`armox.apiKey`/],
    ['a base URL that is none', { armox: { apiKey: 'k', baseUrl: 'armox' } }, /`armox.baseUrl`/],
    ['a body limit of 0', { armalo: { ...armalo, bodyLimit: 0 } }, /`armalo.bodyLimit`/],
    ['a prefix with a dash', { armalo, tablePrefix: 'a-b' }, /`tablePrefix`/],
    ['half a connection', { armalo, poolSize: 2.5 }, /`poolSize`/],
    ['no concurrency', { armalo, worker: { concurrency: 0 } }, /`worker.concurrency`/],
    ['no attempts', { armalo, worker: { retry: { attempts: 0 } } }, /worker\.retry/],
  ])('%s', async (_, options, message) => {
    expect(await failure(options)).toMatch(message);
  });

  it('a DataSource that is not there', async () => {
    expect(await failure({ armalo }, [])).toMatch(/`dataSource`: there is no default DataSource/);
    expect(await failure({ armalo, dataSource: 'events' })).toMatch(/named "events"/);
  });

  it('tables that are missing', async () => {
    expect(await failure({ armalo, migrationsRun: false })).toMatch(
      /`armox_armalo_inbox`, .* are missing.*migrationsRun: true/,
    );
  });
});

class Factory implements ArmoxArmaloOptionsFactory {
  createArmoxArmaloOptions(): ArmoxArmaloOptions {
    return { armalo };
  }
}

@Module({ providers: [Factory], exports: [Factory] })
class FactoryModule {}

@Injectable()
class NeedsInbox {
  constructor(readonly inbox: Inbox) {}
}

@Module({ providers: [NeedsInbox] })
class FeatureModule {}

describe('The options may come from', () => {
  it.each([
    ['a factory', { useFactory: () => Promise.resolve({ armalo }) }],
    ['a class', { useClass: Factory }],
    ['an existing provider', { imports: [FactoryModule], useExisting: Factory }],
  ])('%s', async (_, source) => {
    const { app } = await boot([memory(), ArmoxArmaloModule.forRootAsync(source)]);
    expect(app.get(Inbox)).toBeInstanceOf(Inbox);
    await app.close();
  });
});

it('An operator may ask for InboxAdmin, and replay what is dead', async () => {
  const { app } = await boot([memory(), ArmoxArmaloModule.forRoot({ armalo, worker: false })]);
  const admin = app.get(InboxAdmin);
  expect(await admin.list({ state: 'dead' })).toEqual([]);
  expect(await admin.replay({ state: 'dead' })).toBe(0);
  await app.close();
});

it('With isGlobal, any module may inject what the module exports', async () => {
  const { app } = await boot([
    memory(),
    FeatureModule,
    ArmoxArmaloModule.forRootAsync({ isGlobal: true, useFactory: () => ({ armalo }) }),
  ]);
  expect(app.get(NeedsInbox, { strict: false }).inbox).toBeInstanceOf(Inbox);
  await app.close();
});

it('A DataSource with another name can be used', async () => {
  const { app } = await boot([
    memory('events'),
    ArmoxArmaloModule.forRoot({ armalo, dataSource: 'events' }),
  ]);
  expect(app.get(Inbox)).toBeInstanceOf(Inbox);
  await app.close();
});

it('At start, one line per service tells the final URL, the handlers, and what has none', async () => {
  const { app, lines } = await boot(
    [
      memory(),
      ArmoxArmaloModule.forRoot({
        path: 'hooks',
        armox: { apiKey: 'key' },
        armalo: { ...armalo, events: ['pact.violated', 'escrow.released'] },
      }),
    ],
    [Handlers],
  );
  expect(lines.filter((line) => line.startsWith('ArmoxArmaloModule'))).toEqual([
    'ArmoxArmaloModule: armox: POST /api/hooks/armox, no webhookSecret, so deliveries are refused, 0 handlers',
    'ArmoxArmaloModule: armalo: POST /api/hooks/armalo, 1 handler, without a handler: escrow.released',
  ]);
  await app.close();
});

it('A client without a key can be injected, and says what is missing when it is called', async () => {
  const { app } = await boot([memory(), ArmoxArmaloModule.forRoot({ armalo })]);
  const client = app.get(ArmoxClient);
  expect(() => client.jobs).toThrow(/`armox.apiKey`: is needed/);
  await app.close();
});
