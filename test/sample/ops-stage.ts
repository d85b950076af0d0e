import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { AppModule } from '../../sample-app/app.module.js';
import {
  ArmaloSandbox,
  ArmoxSandbox,
  armaloRequest,
  armoxRequest,
  type SignedRequest,
  untilHandled,
} from 'nestjs-armox-armalo/testing';
import { OpsClient } from '../ops/ops-client.js';
import { Outside, OutsideModule } from './outside.handlers.js';

const SECRET = 'whsec_sample';
const OPERATOR = { name: 'operator', password: 'olga keeps watch', role: 'operate' } as const;
const VIEWER = { name: 'viewer', password: 'victor looks on', role: 'view' } as const;
const LOGINS = { operator: OPERATOR, viewer: VIEWER, stranger: undefined };

export type Visitor = keyof typeof LOGINS;
export type LoggedIn = Exclude<Visitor, 'stranger'>;

/** The sample app with its operations page, and beside it handlers that do as the test says. */
export class OpsStage {
  private told = 0;

  private constructor(
    private readonly nest: INestApplication,
    readonly armalo: ArmaloSandbox,
    readonly armox: ArmoxSandbox,
    /** Of the application, without a slash at its end. */
    readonly url: string,
  ) {}

  static async start(adapter: 'express' | 'fastify', databaseUrl: string): Promise<OpsStage> {
    const armalo = await new ArmaloSandbox().start();
    const armox = await new ArmoxSandbox({ webhookSecret: SECRET }).start();
    const service = ({ apiKey, url }: ArmaloSandbox | ArmoxSandbox) => ({
      webhookSecrets: [SECRET],
      apiKey,
      baseUrl: url,
    });
    @Module({
      imports: [
        AppModule.with({
          databaseUrl,
          opsPassword: OPERATOR.password,
          opsViewPassword: VIEWER.password,
          armox: service(armox),
          armalo: service(armalo),
          publicUrl: () => undefined,
        }),
        OutsideModule,
      ],
    })
    class WithOutside {}

    const options = { logger: ['fatal' as const] };
    const nest =
      adapter === 'fastify'
        ? await NestFactory.create<INestApplication>(WithOutside, new FastifyAdapter(), options)
        : await NestFactory.create<INestApplication>(WithOutside, options);
    await nest.listen(0, '127.0.0.1');
    return new OpsStage(nest, armalo, armox, await nest.getUrl());
  }

  get outside(): Outside {
    return this.nest.get(Outside);
  }

  /** @returns the name and password that a browser is given */
  credentials(visitor: LoggedIn) {
    const { name, password } = LOGINS[visitor];
    return { username: name, password };
  }

  /** The page's API, for what is no browser. */
  api(visitor: Visitor): OpsClient {
    return new OpsClient(`${this.url}/ops/api`, LOGINS[visitor]);
  }

  /** A signed delivery of Armalo's, over HTTP. @returns the id that it was answered with */
  deliver(event: string, data: object): Promise<string> {
    // Each a second after the one before, so that none is another one's repetition.
    const timestamp = new Date(Date.UTC(2026, 10, 28, 9) + this.told++ * 1_000).toISOString();
    return this.post('armalo', armaloRequest({ event, timestamp, data }, SECRET));
  }

  /** As `deliver`, of Armox's. */
  deliverJob(job: { readonly id: string; readonly status: string }): Promise<string> {
    return this.post('armox', armoxRequest({ event: `job.${job.status}`, job }, SECRET));
  }

  /** As `deliver`; resolves when the event has ended. @returns the id of its row */
  async handled(event: string, data: object): Promise<string> {
    const stored = await untilHandled(this.nest, await this.deliver(event, data));
    return String(stored.id);
  }

  query<Row>(sql: string): Promise<Row[]> {
    return this.nest.get(DataSource).query<Row[]>(sql);
  }

  async stop(): Promise<void> {
    this.outside.letLedgerTake(Number.POSITIVE_INFINITY);
    await this.nest.close();
    await Promise.all([this.armalo.stop(), this.armox.stop()]);
  }

  private async post(service: string, request: SignedRequest): Promise<string> {
    const response = await fetch(`${this.url}/webhooks/${service}`, request);
    return ((await response.json()) as { id: string }).id;
  }
}
