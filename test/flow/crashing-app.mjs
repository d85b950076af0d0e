// An application of its own process for the crash tests: plain JavaScript on the built package.
// While the file CRASH_HOLD exists, its handlers say that they have begun and then never end.
import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule, OnArmaloEvent } from 'nestjs-armox-armalo';
import { SqliteDriver } from '../../dist-sample/database/sqlite.driver.js';

const database = JSON.parse(process.env.CRASH_DATABASE);

class Handlers {
  async once(event, context) {
    await context.manager.query(`INSERT INTO effect (pact) VALUES ('${event.data.pactId}')`);
    await holdOn('transactional');
  }

  async atLeastOnce(event) {
    await holdOn('plain');
    console.log(`plain handler has done ${event.data.pactId}`);
  }
}

async function holdOn(kind) {
  if (!existsSync(process.env.CRASH_HOLD)) return;
  console.log(`holding ${kind}`);
  await new Promise(() => undefined);
}

Injectable()(Handlers);
const decorate = (name, decorator) =>
  decorator(Handlers.prototype, name, Object.getOwnPropertyDescriptor(Handlers.prototype, name));
decorate('once', OnArmaloEvent('pact.violated', { transactional: true }));
decorate('atLeastOnce', OnArmaloEvent('pact.anchored'));

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      ...database,
      ...(database.type === 'better-sqlite3' && { driver: SqliteDriver }),
    }),
    ArmoxArmaloModule.forRoot({
      armalo: { webhookSecret: 'whsec_crash' },
      migrationsRun: true,
      worker: { lease: 1000, pollInterval: 50 },
    }),
  ],
  providers: [Handlers],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
