// The module as a subject: its worker works off an inbox that is full when it starts.
import 'reflect-metadata';
import { Injectable, type Type } from '@nestjs/common';
import { OnArmaloEvent } from 'nestjs-armox-armalo';
import type { AnyArmaloEvent, HandlerContext, HandlerOptions } from 'nestjs-armox-armalo';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../test/chaos/database.options.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';
import { openPool } from '../peers/pool.js';
import { benchApp } from './bench.app.js';
import { copyDone } from './done-rows.js';
import { CREATE_EFFECTS, effectOf, type EffectData } from './effects.js';
import type { Figure } from './figures.js';
import { fill, newRows } from './rows.js';
import type { Order, StartedSubject, Watch } from './subject.js';
import { serveSubject } from './subject.process.js';

const INBOX = 'armox_armalo_inbox';
const LEASE = 30_000;
/** In the order of its index: behind millions of done rows any other way reads all of them. */
const UNFINISHED = `SELECT id FROM ${INBOX} WHERE state = 'open' ORDER BY due_at, id LIMIT 1`;

serveSubject({ prepare, start });

async function prepare(order: Order): Promise<void> {
  const app = await benchApp(dataSourceOptions(order.kind, order.databaseUrl), false);
  await app.init();
  const store = app.get<InboxStore>(INBOX_STORE);
  const dataSource = app.get(DataSource);
  for (const statement of CREATE_EFFECTS) await dataSource.query(statement);
  if (order.done > 0) {
    await finishOne(store, order.backlog);
    await copyDone((sql) => dataSource.query(sql), order.done, {
      table: INBOX,
      where: "state = 'done'",
      generated: ['id'],
      changed: { identity: 'sha256(number::text::bytea)', event_id: "'done:' || number" },
    });
  }
  await fill(store, order.backlog);
  await app.close();
}

/** @param number of an event that is not of the backlog */
async function finishOne(store: InboxStore, number: number): Promise<void> {
  await store.insert(newRows(number, 1));
  const claimed = await store.claim(1, LEASE);
  await store.settle(
    claimed.map(({ id, token, attempt }) => ({
      ...{ id, token, attempt, to: 'done' as const },
      completedHandlers: ['Handlers.handle'],
      failures: [],
    })),
  );
}

async function start(order: Order, { called }: Watch): Promise<StartedSubject> {
  const { poolSize, ...worker } = order.settings;
  const database = dataSourceOptions(order.kind, order.databaseUrl, poolSize);
  const pool = order.kind === 'postgres' ? openPool(order.databaseUrl, poolSize) : undefined;
  const app = await benchApp(database, worker, handlersOf(order.figure, called, pool));
  await app.init();
  const dataSource = app.get(DataSource);
  return {
    unfinished: async () => (await dataSource.query<unknown[]>(UNFINISHED)).length > 0,
    stop: async () => {
      await app.close();
      await pool?.end();
    },
  };
}

function handlersOf(figure: Figure, called: () => void, pool: Pool | undefined): Type {
  switch (figure) {
    case 'empty':
      return emptyHandler(called);
    case 'at-least-once':
      return plainHandler(called, pool);
    case 'transaction':
      return transactionalHandler(called, { transactional: true });
    case 'grouped':
      return transactionalHandler(called, { transactional: 'grouped' });
  }
}

function emptyHandler(called: () => void): Type {
  @Injectable()
  class EmptyHandler {
    @OnArmaloEvent()
    handle(): void {
      called();
    }
  }
  return EmptyHandler;
}

/** @param pool the same as the handlers of the peers have, where there are any */
function plainHandler(called: () => void, pool: Pool | undefined): Type {
  @Injectable()
  class PlainHandler {
    constructor(private readonly dataSource: DataSource) {}

    @OnArmaloEvent()
    async handle({ data }: AnyArmaloEvent): Promise<void> {
      called();
      const effect = effectOf(data as EffectData);
      await (pool ? pool.query(effect) : this.dataSource.query(effect));
    }
  }
  return PlainHandler;
}

function transactionalHandler(called: () => void, options: HandlerOptions): Type {
  @Injectable()
  class TransactionalHandler {
    @OnArmaloEvent('pact.violated', options)
    async handle({ data }: AnyArmaloEvent, { manager }: HandlerContext): Promise<void> {
      called();
      await manager.query(effectOf(data as EffectData));
    }
  }
  return TransactionalHandler;
}
