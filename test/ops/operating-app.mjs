// An application of its own process for the crash test of actions on many events: plain JavaScript on the built
// package. It handles nothing, and stores OPS_SEED events that are dead from the start.
import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule } from 'nestjs-armox-armalo';
import { SqliteDriver } from '../../dist-sample/database/sqlite.driver.js';

const { type, ...database } = JSON.parse(process.env.OPS_DATABASE);
const BATCH = 500;

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
      worker: false,
      ops: { access: [{ name: 'olga', password: 'olga keeps watch', role: 'operate' }] },
    }),
  ],
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
        invalid: 'data.x breaks isNumber.',
      },
      body: Buffer.from('{"event":"pact.violated"}'),
    })),
  );
}
await app.listen(0, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
