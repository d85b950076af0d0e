import {
  Module,
  type INestApplication,
  type NestApplicationOptions,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule } from 'nestjs-armox-armalo';
import type {
  ArmoxArmaloOptions,
  ArmoxArmaloStaticOptions,
  EventFilter,
  StoredEvent,
} from 'nestjs-armox-armalo';
import { DataSource } from 'typeorm';
import type { EntitySchema } from 'typeorm';
import type { SignedRequest } from '../../lib/testing/index.js';
import type { TestDatabase } from '../databases.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';

export const ARMOX_SECRET = 'armox secret';
export const ARMALO_SECRET = 'whsec_armalo';

export interface Wanted {
  readonly database: TestDatabase;
  readonly imports?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly entities?: readonly (Type | EntitySchema)[];
  readonly options?: Partial<ArmoxArmaloOptions & ArmoxArmaloStaticOptions>;
  readonly adapter?: 'express' | 'fastify';
}

/** A Nest application that imports the module as a user would, listening on a free port. */
export class Application {
  private constructor(
    readonly nest: INestApplication,
    readonly url: string,
  ) {}

  static async start(wanted: Wanted): Promise<Application> {
    @Module({
      imports: [
        TypeOrmModule.forRoot({
          ...wanted.database.options,
          entities: [...(wanted.entities ?? [])],
          synchronize: true,
          retryAttempts: 1,
        }),
        ArmoxArmaloModule.forRoot({
          armox: { webhookSecret: ARMOX_SECRET },
          armalo: { webhookSecret: ARMALO_SECRET },
          ...wanted.options,
        }),
        ...(wanted.imports ?? []),
      ],
      providers: [...(wanted.providers ?? [])],
    })
    class AppModule {}

    const options: NestApplicationOptions = { logger: ['fatal'], abortOnError: false };
    const nest =
      wanted.adapter === 'fastify'
        ? await NestFactory.create(AppModule, new FastifyAdapter(), options)
        : await NestFactory.create(AppModule, options);
    await nest.listen(0, '127.0.0.1');
    return new Application(nest, await nest.getUrl());
  }

  get store(): InboxStore {
    return this.nest.get<InboxStore>(INBOX_STORE);
  }

  get dataSource(): DataSource {
    return this.nest.get(DataSource);
  }

  async post(path: string, request: SignedRequest) {
    const response = await fetch(`${this.url}${path}`, request);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Resolves once no event is pending or running any more. */
  async settled(): Promise<void> {
    const open = new Set(['open', 'running', 'waiting']);
    for (;;) {
      const counts = await this.store.counts();
      if (!counts.some(({ state, count }) => open.has(state) && count > 0)) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Resolves once nothing can run any more; events that wait for their next attempt may be left. */
  async untilNoneRuns(): Promise<void> {
    for (;;) {
      const { dueIn } = await this.store.outlook();
      const counts = await this.store.counts();
      const runs = counts.some(({ state, count }) => state === 'running' && count > 0);
      if (!runs && dueIn !== 0) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async event(filter: EventFilter): Promise<StoredEvent> {
    const found = await this.store.find(filter);
    if (!found) throw new Error('There is no such event in the inbox.');
    return found;
  }

  close(): Promise<void> {
    return this.nest.close();
  }
}
