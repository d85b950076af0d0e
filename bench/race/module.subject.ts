import { Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Pool } from 'pg';
import {
  ArmoxArmaloModule,
  inboxMigrations,
  OnArmaloEvent,
  type ArmaloEvent,
  type HandlerContext,
} from 'nestjs-armox-armalo';
import { DataSource } from 'typeorm';
import { SECRET } from '../samples.js';
import { EFFECT_ROWS, type Figure } from './figures.js';
import type { SubjectOf } from './subject.process.js';

const UPDATE = 'UPDATE bench_effect SET n = n + 1 WHERE id = $1';
const UNFINISHED = `SELECT EXISTS (SELECT 1 FROM armox_armalo_inbox WHERE state = 'open') AS found`;
const BODY = `'{"event":"pact.violated","timestamp":"2026-11-20T10:00:00.000Z","data":{"pactId":"pact_' || g ||
  '","agentId":"agent_1","orgId":"org_7d1e4f","conditionType":"latency","severity":"major"}}'`;
const FILL = `INSERT INTO armox_armalo_inbox
  (identity, due_at, received_at, state, origin, source, account, event_id, name, completed_handlers, body)
  SELECT decode(md5(g::text), 'hex'), 1, 1, 'open', 'webhook', 'armalo', '', 'event-' || g, 'pact.violated',
    '[]', convert_to(${BODY}, 'utf8') FROM generate_series($1::int, $2::int) g`;

/** This module, as an application has it. */
export const subject: SubjectOf = async ({ figure, databaseUrl, settings }, called) => {
  const database = new DataSource({ type: 'postgres', url: databaseUrl, poolSize: 2 });
  await database.initialize();
  await migrate(database);
  // As the peers' handlers write, where it is not the module's transaction that they write in.
  const pool = new Pool({ connectionString: databaseUrl, max: 10 });
  // Its worker begins with the word, as those of the others do.
  const start = () => {
    @Module({
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: databaseUrl,
          poolSize: settings?.['pool'] ?? 10,
        }),
        ArmoxArmaloModule.forRoot({
          armalo: { webhookSecret: SECRET },
          migrationsRun: false,
          worker:
            settings?.['concurrency'] === undefined ? {} : { concurrency: settings['concurrency'] },
        }),
      ],
      providers: [handlerOf(figure, called, pool)],
    })
    class RaceModule {}
    return NestFactory.createApplicationContext(RaceModule, { logger: ['fatal', 'error'] });
  };
  const app = await start();
  return {
    fill: async (from, count) => {
      await database.query('BEGIN');
      await database.query(FILL, [from, from + count - 1]);
      await database.query('COMMIT');
    },
    workOff: async () => {
      await database.query("SELECT pg_notify('armox_armalo_inbox', '')");
      for (;;) {
        const [row] = await database.query<[{ found: boolean }]>(UNFINISHED);
        if (!row.found) return;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    end: async () => {
      await app.close();
      await pool.end();
      await database.destroy();
    },
  };
};

async function migrate(database: DataSource): Promise<void> {
  const [{ found }] = await database.query<[{ found: boolean }]>(
    "SELECT to_regclass('armox_armalo_inbox') IS NOT NULL AS found",
  );
  if (found) return;
  const runner = database.createQueryRunner();
  for (const Migration of inboxMigrations({ type: 'postgres' })) await new Migration().up(runner);
  await runner.release();
}

const numberOf = ({ data }: ArmaloEvent<'pact.violated'>): number =>
  Number(data.pactId?.slice('pact_'.length)) % EFFECT_ROWS;

function handlerOf(figure: Figure, called: () => void, pool: Pool): Type {
  const decorate = OnArmaloEvent('pact.violated', {
    name: 'Race.handle',
    ...(figure === 'transaction' && { transactional: true }),
    ...(figure === 'grouped' && { transactional: 'grouped' }),
  });

  @Injectable()
  class RaceHandler {
    @decorate
    async handle(event: ArmaloEvent<'pact.violated'>, context: HandlerContext): Promise<void> {
      const values = [numberOf(event)];
      if (figure === 'at-least-once') await pool.query({ name: 'effect', text: UPDATE, values });
      else if (figure !== 'empty') await context.manager.query(UPDATE, values);
      called();
    }
  }
  return RaceHandler;
}
