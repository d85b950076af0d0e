import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ArmoxArmaloModule, OnArmaloEvent, RejectEventError } from 'nestjs-armox-armalo';
import { ArmoxArmaloHealthIndicator, type HealthThresholds } from 'nestjs-armox-armalo/terminus';
import type { INestApplication } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { newRow } from '../../bench/worker/rows.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';

let thresholds: HealthThresholds;

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly webhooks: ArmoxArmaloHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.webhooks.check('webhooks', thresholds)]);
  }
}

@Injectable()
class Handlers {
  @OnArmaloEvent('pact.violated')
  violated() {
    throw new RejectEventError('The card 4111 was declined.');
  }
}

for (const kind of await availableDatabases()) {
  describeOn(kind, 'The health of the inbox', () => {
    let database: TestDatabase;
    let app: INestApplication;

    const start = async (worker: boolean) => {
      @Module({
        imports: [
          TerminusModule.forRoot({ logger: false }),
          TypeOrmModule.forRoot({ ...database.options, synchronize: true, retryAttempts: 1 }),
          ArmoxArmaloModule.forRoot({
            armalo: { webhookSecret: 'whsec_health' },
            worker: worker ? {} : false,
          }),
        ],
        controllers: [HealthController],
        providers: [ArmoxArmaloHealthIndicator, Handlers],
      })
      class HealthModule {}
      app = await NestFactory.create(HealthModule, { logger: false });
      await app.listen(0, '127.0.0.1');
    };
    const health = async () => {
      const response = await fetch(`${await app.getUrl()}/health`);
      const text = await response.text();
      return { status: response.status, text, body: JSON.parse(text) as { status: string } };
    };

    beforeEach(async () => {
      thresholds = {};
      database = await kind.create();
    });

    afterEach(async () => {
      await app?.close();
      await database?.drop();
    });

    it('is up while events are handled', async () => {
      await start(true);
      const { status, body } = await health();
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'ok',
        details: { webhooks: { status: 'up', due: 0 } },
      });
    });

    it('is degraded, and says what to do, while due events grow old', async () => {
      await start(false);
      await app.get<InboxStore>(INBOX_STORE).insert([newRow(1)]);
      await app
        .get(DataSource)
        .query('UPDATE armox_armalo_inbox SET due_at = due_at - 7200000, received_at = 0');
      const { status, body } = await health();
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'degraded',
        details: {
          webhooks: {
            due: 1,
            message: expect.stringMatching(
              /^Events of armalo have been due for 7\d{3} s: add a replica/,
            ),
          },
        },
      });
      thresholds = { backlogAge: null };
      expect((await health()).body.status).toBe('ok');
    });

    it('is degraded while events die, and tells nothing of their errors', async () => {
      thresholds = { deadPerHour: 2 };
      await start(true);
      await app.get<InboxStore>(INBOX_STORE).insert([newRow(1), newRow(2)]);
      const { text } = await eventually(health, ({ body }) => body.status === 'degraded');
      expect(text).toMatch(/2 events of armalo died in the last hour/);
      expect(text).not.toMatch(/4111/);
    });

    it('is down when its tables are gone', async () => {
      await start(false);
      await app.get(DataSource).query('DROP TABLE armox_armalo_inbox');
      const { status, body } = await health();
      expect(status).toBe(503);
      expect(body).toMatchObject({
        error: { webhooks: { message: expect.stringMatching(/^The inbox cannot be reached/) } },
      });
    });

    if (kind.name === 'postgres') {
      it('is down when the database does not answer in time', async () => {
        thresholds = { timeout: 200 };
        await start(false);
        const runner = app.get(DataSource).createQueryRunner();
        await runner.startTransaction();
        await runner.query('LOCK TABLE armox_armalo_inbox IN ACCESS EXCLUSIVE MODE');
        const { status, text } = await health();
        expect(status).toBe(503);
        expect(text).toMatch(/no answer within 200 ms/);
        await runner.rollbackTransaction();
        await runner.release();
        await eventually(health, ({ body }) => body.status === 'ok');
      });
    }

    it('refuses a threshold that is none', async () => {
      await start(false);
      const indicator = app.get(ArmoxArmaloHealthIndicator);
      await expect(indicator.check('webhooks', { backlogAge: 5 })).rejects.toMatchObject({
        option: 'backlogAge',
      });
      await expect(
        indicator.check('webhooks', { backlog: 5_000 } as HealthThresholds),
      ).rejects.toThrow(/backlogAge/);
    });
  });
}
