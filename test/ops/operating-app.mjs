// An application of its own process for the crash test of actions on many events: plain JavaScript on the built
// package. It stores OPS_SEED events that are dead from the start, and whose handler succeeds when they are replayed.
import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule, OnArmaloEvent } from 'nestjs-armox-armalo';
import { SqliteDriver } from '../../dist-sample/database/sqlite.driver.js';

const { type, ...database } = JSON.parse(process.env.OPS_DATABASE);
const BATCH = 500;

class Handlers {
  violated() {}
}
OnArmaloEvent('pact.violated')(
  Handlers.prototype,
  'violated',
  Object.getOwnPropertyDescriptor(Handlers.prototype, 'violated'),
);

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type,
      ...database,
      ...(type === 'better-sqlite3' && { driver: SqliteDriver }),
    }),
    ArmoxArmaloModule.forRoot({
      armalo: { webhookSecret: 'whsec_ops' },
      migrationsRun: true,
      worker: { lease: 1_000, pollInterval: 100 },
      ops: { access: [{ name: 'olga', password: 'olga keeps watch', role: 'operate' }] },
    }),
  ],
  providers: [Handlers],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.init();
const store = app.get(Symbol.for('armox-armalo:inbox-store'));
for (let left = Number(process.env.OPS_SEED); left > 0; left -= BATCH) {
  await store.insert(
    Array.from({ length: Math.min(BATCH, left) }, () => ({
      ...{ source: 'armalo', account: '', eventId: randomUUID(), name: 'pact.violated' },
      ...{
        occurredAt: null,
        orderKey: null,
        origin: 'webhook',
        invalid: 'It was of no use then.',
      },
      body: Buffer.from(
        '{"event":"pact.violated","timestamp":"2026-11-22T10:00:00.000Z","data":{"agentId":"a"}}',
      ),
    })),
  );
}
await app.listen(0, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
