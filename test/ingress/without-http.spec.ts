import { ConsoleLogger, Logger, Module, type INestApplicationContext } from '@nestjs/common';
import {
  ApplicationConfig,
  GraphInspector,
  NestApplicationContext,
  NestContainer,
  NestFactory,
} from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  type ArmaloEvent,
  ArmoxArmaloModule,
  type EventFeed,
  Inbox,
  InboxAdmin,
  OnArmaloEvent,
} from 'nestjs-armox-armalo';
import { armaloSource } from '../../lib/sources/armalo/index.js';
import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';
import { summaries } from '../event.lists.js';

const eventOf = (agentId: string) => {
  const data = { pactId: 'p1', agentId };
  const event = { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data };
  return armaloSource().open({ account: '', body: Buffer.from(JSON.stringify(event)) });
};

/** Tells when an event has been handled. */
class Handled {
  private readonly awaited = new Map<unknown, () => void>();

  @OnArmaloEvent('pact.violated')
  take({ data }: ArmaloEvent<'pact.violated'>): void {
    this.awaited.get(data.agentId)?.();
  }

  of(agentId: string): Promise<void> {
    return new Promise((resolve) => this.awaited.set(agentId, resolve));
  }
}

class Lines extends ConsoleLogger {
  readonly lines: string[] = [];

  protected override printMessages(messages: unknown[], context = ''): void {
    for (const message of messages) this.lines.push(`${context}: ${String(message)}`);
  }
}

/** What a webhook has not brought. */
const missed: EventFeed = {
  name: 'missed',
  source: 'armalo',
  account: '',
  async *poll() {
    yield [eventOf('polled')];
  },
};

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      driver: SqliteDriver,
      database: ':memory:',
      synchronize: true,
      retryAttempts: 1,
    }),
    ArmoxArmaloModule.forRoot({
      armalo: { webhookSecret: 'whsec_test' },
      reconcile: { interval: 1_000, feeds: [missed] },
    }),
  ],
  providers: [Handled],
})
class AppModule {}

/**
 * What `NestFactory.createMicroservice` does before it opens its transport; `@nestjs/microservices`
 * itself is no dependency here.
 */
async function microserviceStandIn(logger: Lines): Promise<INestApplicationContext> {
  const config = new ApplicationConfig();
  const container = new NestContainer(config, { logger });
  const factory = NestFactory as unknown as {
    initialize(module: unknown, ...parts: readonly unknown[]): Promise<void>;
  };
  Logger.overrideLogger(logger);
  const inspector = new GraphInspector(container);
  await factory.initialize(AppModule, container, inspector, config, { logger });
  return new NestApplicationContext(container, { logger }).init();
}

const ways: readonly {
  readonly way: string;
  readonly start: (logger: Lines) => Promise<INestApplicationContext>;
}[] = [
  {
    way: 'createApplicationContext',
    start: (logger) =>
      NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false }),
  },
  { way: 'a microservice', start: microserviceStandIn },
  {
    way: 'a testing module of which no application was made',
    start: async (logger) =>
      (
        await Test.createTestingModule({ imports: [AppModule] })
          .setLogger(logger)
          .compile()
      ).init(),
  },
];

describe.each(ways)('In a process without HTTP, by $way,', ({ start }) => {
  it('the inbox, the worker and the poller work, and no URL is announced', async () => {
    const logger = new Lines();
    const app = await start(logger);
    try {
      const handled = app.get(Handled);
      const both = Promise.all([handled.of('stored'), handled.of('polled')]);
      await app.get(Inbox).accept(eventOf('stored'), 'webhook');
      await both;
      expect(await summaries(app.get(InboxAdmin))).toHaveLength(2);
      const report = logger.lines.filter((line) => line.startsWith('ArmoxArmaloModule: '));
      expect(report).toEqual(['ArmoxArmaloModule: armalo: no HTTP in this process, 1 handler']);
    } finally {
      await app.close();
    }
  });
});

describe('In an HTTP application that is initialised and does not listen', () => {
  it('the inbox and the worker work, and the URL is announced', async () => {
    const logger = new Lines();
    const app = await NestFactory.create(AppModule, { logger, abortOnError: false });
    await app.init();
    const handled = app.get(Handled).of('stored');
    await app.get(Inbox).accept(eventOf('stored'), 'webhook');
    await handled;
    expect(logger.lines.join('\n')).toContain('armalo: POST /webhooks/armalo, 1 handler');
    await app.close();
  });
});
