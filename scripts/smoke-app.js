// Runs as an ES module and as CommonJS: `packages` is filled by the line that smoke.mjs puts before it.
// Plain JavaScript, so that only what is published is needed; decorators are called by hand.
(async () => {
  const { ArmoxArmaloModule, InboxAdmin, OnArmaloEvent } = packages['nestjs-armox-armalo'];
  const { armaloRequest } = packages['nestjs-armox-armalo/testing'];
  const { ArmoxArmaloHealthIndicator } = packages['nestjs-armox-armalo/terminus'];
  const { Injectable, Module } = packages['@nestjs/common'];
  const { NestFactory } = packages['@nestjs/core'];
  const { TypeOrmModule } = packages['@nestjs/typeorm'];
  const { TerminusModule } = packages['@nestjs/terminus'];
  const { DatabaseSync } = packages['@photostructure/sqlite'];

  /** The members of better-sqlite3 that TypeORM calls, over node:sqlite's API. */
  class SqliteDriver {
    constructor(file) {
      this.database = new DatabaseSync(file);
    }
    exec(text) {
      this.database.exec(text);
    }
    pragma(text) {
      return this.prepare(`PRAGMA ${text}`).all();
    }
    prepare(text) {
      const statement = this.database.prepare(text);
      return {
        reader: statement.columns().length > 0,
        all: (...values) => statement.all(...values),
        get: (...values) => statement.get(...values),
        run: (...values) => statement.run(...values),
      };
    }
    close() {
      this.database.close();
    }
  }

  let handled;
  const wasHandled = new Promise((resolve) => (handled = resolve));
  class Handlers {
    violated(event) {
      handled(event.data.pactId);
    }
  }
  Injectable()(Handlers);
  const method = Object.getOwnPropertyDescriptor(Handlers.prototype, 'violated');
  OnArmaloEvent('pact.violated')(Handlers.prototype, 'violated', method);

  class AppModule {}
  Module({
    imports: [
      TypeOrmModule.forRoot({
        type: 'better-sqlite3',
        // TypeORM 1 makes it with `new`, 0.3 calls it.
        driver: function (file) {
          return new SqliteDriver(file);
        },
        database: `smoke-${process.pid}.sqlite`,
        synchronize: true,
      }),
      TerminusModule,
      ArmoxArmaloModule.forRoot({ armalo: { webhookSecret: 'whsec_smoke' } }),
    ],
    providers: [Handlers, ArmoxArmaloHealthIndicator],
  })(AppModule);

  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  const request = armaloRequest(
    { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data: { pactId: 'pact_1' } },
    'whsec_smoke',
  );
  const response = await fetch(`${await app.getUrl()}/webhooks/armalo`, request);
  if (response.status !== 200) throw new Error(`Answered ${response.status}.`);
  if ((await wasHandled) !== 'pact_1') throw new Error('The handler got another event.');
  if ((await app.get(InboxAdmin, { strict: false }).violations()).length > 0)
    throw new Error('Inbox out of order.');
  const { webhooks } = await app.get(ArmoxArmaloHealthIndicator).check();
  if (webhooks.status !== 'up') throw new Error(`Its health is ${webhooks.status}.`);
  await app.close();
  console.log(
    `The packed package works as ${typeof require === 'undefined' ? 'an ES module' : 'CommonJS'}.`,
  );
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
