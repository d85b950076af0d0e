import {
  ConsoleLogger,
  Injectable,
  Module,
  Scope,
  type LogLevel,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ARMOX_ARMALO_OPTIONS,
  ArmoxArmaloModule,
  type ArmoxArmaloAsyncOptions,
  type ArmoxArmaloOptions,
  type ArmoxArmaloOptionsFactory,
  ArmoxClient,
  Inbox,
  InboxAdmin,
  OnArmaloEvent,
  OnArmoxEvent,
} from 'nestjs-armox-armalo';
import { DataSource } from 'typeorm';
import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn, testDatabase } from '../databases.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';

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
  readonly warnings: string[] = [];

  protected override printMessages(messages: unknown[], context = '', level?: LogLevel): void {
    for (const message of messages) {
      this.lines.push(`${context}: ${String(message)}`);
      if (level === 'warn') this.warnings.push(`${context}: ${String(message)}`);
    }
  }
}

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  violated() {}
}

class Factory implements ArmoxArmaloOptionsFactory {
  createArmoxArmaloOptions(): ArmoxArmaloOptions {
    return { armalo };
  }
}

async function boot(imports: Imports, providers: Provider[] = []) {
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
  return { app, lines: logger.lines, warnings: logger.warnings };
}

const refusal = async (imports: () => Imports) => {
  try {
    await boot(imports());
    return 'it started';
  } catch (error) {
    return (error as Error).message;
  }
};

const failure = (options: unknown, more: Imports = [memory()]) =>
  refusal(() => [...more, ArmoxArmaloModule.forRoot(options as ArmoxArmaloOptions)]);

const asyncFailure = (options: unknown) =>
  refusal(() => [memory(), ArmoxArmaloModule.forRootAsync(options as ArmoxArmaloAsyncOptions)]);

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
    ['a slip', { armalo, armoxx: {} }, /`armoxx`: there is no such option. Did you mean `armox`/],
    ['a path that is none', { armalo, path: 3 }, /`path`: must be a path.*it is 3\./],
    [
      'a decorator that is not called',
      { armalo, decorators: [{}] },
      /`decorators`: must be a list of decorators/,
    ],
    ['a switch as a text', { armalo, isGlobal: 'yes' }, /`isGlobal`: must be true or false/],
    ['no options', undefined, /forRoot` takes the options, an object; it was given undefined/],
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

describe('A wrong source of options stops the application at boot:', () => {
  const useFactory = () => ({ armalo });

  it.each<[string, object, RegExp]>([
    ['none', { isGlobal: true }, /`useFactory, useClass, useExisting`: give one of the three/],
    ['two', { useFactory, useClass: Factory }, /there are 2/],
    ['a factory that is none', { useFactory: { armalo } }, /`useFactory`: must be a function/],
    [
      'a factory that returns nothing',
      { useFactory: () => {} },
      /must return the options.*undefined/,
    ],
    ['a slip', { useFactroy: useFactory }, /Did you mean `useFactory`/],
    ['a wrong static option', { useFactory, path: 3 }, /`path`: must be a path/],
    ['an option beside the factory', { useFactory, worker: false }, /`worker`: .*Return it from/],
    [
      'a static option from the factory',
      { useFactory: () => ({ armalo, path: 'hooks' }) },
      /`path`: .*Write it beside `useFactory`/,
    ],
    [
      'a wrong option from the factory',
      { useFactory: () => ({ armalo, poolSize: 1 }) },
      /`poolSize`/,
    ],
  ])('%s', async (_, options, message) => {
    expect(await asyncFailure(options)).toMatch(message);
  });
});

describe('Options that would be made anew for each request stop the application at boot:', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Tenant {}
  @Injectable({ scope: Scope.TRANSIENT })
  class TenantSettings {
    constructor(readonly tenant: Tenant) {}
  }
  @Injectable({ scope: Scope.REQUEST })
  class TenantFactory extends Factory {}
  @Module({
    providers: [Tenant, TenantSettings, TenantFactory],
    exports: [Tenant, TenantSettings, TenantFactory],
  })
  class TenantModule {}
  const imports = [TenantModule];
  const useFactory = () => ({ armalo });

  it.each<[string, object, RegExp]>([
    ['a factory', { imports, inject: [Tenant], useFactory }, /`Tenant` is request-scoped/],
    [
      'through a transient',
      { imports, inject: [TenantSettings], useFactory },
      /`Tenant` is request/,
    ],
    ['a class', { useClass: TenantFactory }, /`TenantFactory` is request-scoped/],
    [
      'an existing provider',
      { imports, useExisting: TenantFactory },
      /`TenantFactory` is request-/,
    ],
  ])('%s', async (_, options, message) => {
    const said = await asyncFailure(options);
    expect(said).toMatch(/^Option `useFactory`: The options would be made anew for each request/);
    expect(said).toMatch(message);
  });

  it('a DataSource', async () => {
    const dataSource = TypeOrmModule.forRootAsync({
      imports,
      inject: [Tenant],
      useFactory: () => ({ type: 'better-sqlite3', driver: SqliteDriver, database: ':memory:' }),
    });
    const said = await refusal(() => [dataSource, ArmoxArmaloModule.forRoot({ armalo })]);
    expect(said).toMatch(/^Option `dataSource`: .*`Tenant` is request-scoped/);
  });
});

describe('The module is configured once in an application:', () => {
  it('twice is refused, with the cure, before anything is opened', async () => {
    const said = await refusal(() => [
      memory(),
      ArmoxArmaloModule.forRoot({ armalo }),
      ArmoxArmaloModule.forRootAsync({ path: 'more', useFactory: () => ({ armalo }) }),
    ]);
    expect(said).toMatch(
      /configured 2 times in this application.*once, in the root module.*isGlobal/,
    );
  });

  it('its bare name is refused', async () => {
    expect(await refusal(() => [memory(), ArmoxArmaloModule])).toMatch(
      /without options.*`ArmoxArmaloModule\.forRoot/,
    );
  });
});

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
    [
      'a factory with providers of its own',
      {
        provideInjectionTokensFrom: [{ provide: 'secret', useValue: 'whsec_test' }],
        inject: ['secret'],
        useFactory: (webhookSecret: string) => ({ armalo: { webhookSecret } }),
      },
    ],
  ])('%s', async (_, source) => {
    const { app } = await boot([memory(), ArmoxArmaloModule.forRootAsync(source)]);
    expect(app.get(Inbox)).toBeInstanceOf(Inbox);
    await app.close();
  });
});

const NAMES: Record<string, string> = {
  sqlite: `SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'`,
  postgres: `SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public'`,
  mariadb: `SELECT DISTINCT CASE index_name WHEN 'PRIMARY' THEN table_name ELSE index_name END AS name
    FROM information_schema.statistics WHERE table_schema = DATABASE()`,
};

for (const database of await availableDatabases()) {
  describeOn(database, 'The longest table prefix', () => {
    it('is allowed by the module, and leaves room for the end of every name', async () => {
      const fresh = await database.create();
      const endings = async (tablePrefix: string) => {
        const root = TypeOrmModule.forRoot({ ...fresh.options, retryAttempts: 1 });
        const { app } = await boot([
          root,
          ArmoxArmaloModule.forRoot({ armalo, tablePrefix, migrationsRun: true, worker: false }),
        ]);
        const rows = await app
          .get(DataSource)
          .query<{ name: string }[]>(NAMES[database.name] ?? '');
        await app.close();
        return rows
          .filter(({ name }) => name.startsWith(tablePrefix))
          .map(({ name }) => name.slice(tablePrefix.length))
          .sort();
      };
      try {
        const usual = await endings('armox_armalo');
        expect(usual).toEqual(expect.arrayContaining(['_inbox', '_attempt_of', '_open_key']));
        expect(await endings('a'.repeat(40))).toEqual(usual);
      } finally {
        await fresh.drop();
      }
    });
  });
}

describe('A test of an application may replace', () => {
  @Module({
    imports: [
      memory(),
      ArmoxArmaloModule.forRootAsync({ useFactory: () => Promise.reject(new Error('no config')) }),
    ],
    providers: [Handlers],
  })
  class AppModule {}

  it('the options, by their token', async () => {
    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(ARMOX_ARMALO_OPTIONS)
      .useValue({ armalo, worker: false })
      .compile();
    const app = testing.createNestApplication({ logger: false });
    await app.init();
    expect(app.get(Inbox)).toBeInstanceOf(Inbox);
    await app.close();
  });

  it('and what replaces them is checked as the options are', async () => {
    const testing = Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(ARMOX_ARMALO_OPTIONS)
      .useValue({ armalo, bodylimit: 1 });
    await expect(testing.compile()).rejects.toThrow(/`bodylimit`/);
  });
});

it('An operator may ask for InboxAdmin, and replay what is dead', async () => {
  const { app } = await boot([memory(), ArmoxArmaloModule.forRoot({ armalo, worker: false })]);
  const admin = app.get(InboxAdmin);
  expect(await admin.list({ state: 'dead' })).toMatchObject({ events: [] });
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

describe('At start, one warning says why and what to do where', () => {
  const named = (name: string, decorate: MethodDecorator) => {
    const made = { [name]: class {} }[name] as Type;
    const method = { value: () => undefined, writable: true, configurable: true };
    Object.defineProperty(made.prototype, 'handle', method);
    decorate(made.prototype as object, 'handle', method);
    return Injectable()(made) ?? made;
  };
  const violated = (options?: object) => OnArmaloEvent('pact.violated', options) as MethodDecorator;
  const started = async (providers: Provider[], options: Partial<ArmoxArmaloOptions> = {}) => {
    const root = ArmoxArmaloModule.forRoot({ armalo, ...options });
    const { app, warnings, lines } = await boot([memory(), root], providers);
    await app.close();
    return {
      warnings: warnings.filter((line) => line.startsWith('ArmoxArmaloModule')),
      lines: lines.filter((line) => line.startsWith('ArmoxArmaloModule: armalo')),
    };
  };

  it('a class with handlers is in the providers of no module', async () => {
    class Base {
      @OnArmaloEvent('pact.violated')
      inherited() {}
    }
    @Injectable()
    class Derived extends Base {}
    const forgotten = named('Forgotten', violated());
    const replaced = named('Replaced', violated());
    const ofArmox = named('OfArmox', OnArmoxEvent('job.completed') as MethodDecorator);
    const providers = [Derived, { provide: replaced, useValue: {} }];

    const { warnings } = await started(providers);
    const [line] = warnings.filter((warning) => warning.includes('Forgotten'));
    expect(line).toMatch(
      /No module has .*Forgotten in its `providers`.*the handlers there never run.*Add/,
    );
    for (const known of [Derived, replaced, ofArmox]) expect(line).not.toContain(known.name);
    expect(line).not.toContain('Base');
    expect((await started(providers, { worker: false })).warnings).toEqual([]);
    expect((await started([...providers, forgotten])).warnings.join()).not.toContain('Forgotten');
  });

  it('class names look minified, since they change from build to build', async () => {
    const minified = named('t', violated());
    const kept = named('u', violated({ name: 'Trust.freeze' }));
    const { warnings } = await started([minified, kept, named('Trust', violated())]);
    expect(warnings.filter((warning) => warning.includes('minified'))).toEqual([
      expect.stringMatching(/: t\.handle\..*option `name`.*keep.*class names/),
    ]);
  });

  it('there are dead events', async () => {
    const database = await (await testDatabase('sqlite')).create();
    const root = () => TypeOrmModule.forRoot({ ...database.options, synchronize: true });
    const before = await boot([root(), ArmoxArmaloModule.forRoot({ armalo, worker: false })]);
    const event = { source: 'armalo', account: '', name: 'pact.violated', body: Buffer.from('{}') };
    const rest = { occurredAt: null, orderKey: null, origin: 'webhook', invalid: 'odd' } as const;
    await before.app
      .get<InboxStore>(INBOX_STORE)
      .insert(['a', 'b'].map((eventId) => ({ ...event, ...rest, eventId })));
    await before.app.close();

    const { app, warnings } = await boot([root(), ArmoxArmaloModule.forRoot({ armalo })]);
    const line = await eventually(
      async () => warnings.find((warning) => warning.includes('dead')),
      (found) => found !== undefined,
    );
    expect(line).toMatch(/armalo: 2 dead events.*state: 'dead'.*replay/);
    await app.close();
    await database.drop();
  });

  it('nothing is handled in this process, the line of the service says so', async () => {
    expect((await started([Handlers], { worker: false })).lines).toEqual([
      'ArmoxArmaloModule: armalo: POST /api/webhooks/armalo, handles nothing here (worker: false)',
    ]);
  });
});

it('A client without a key can be injected, and says what is missing when it is called', async () => {
  const { app } = await boot([memory(), ArmoxArmaloModule.forRoot({ armalo })]);
  const client = app.get(ArmoxClient);
  expect(() => client.jobs).toThrow(/`armox.apiKey`: is needed/);
  await app.close();
});
