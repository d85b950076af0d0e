import { createHmac } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders, type ClientRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Module,
  type DynamicModule,
  type INestApplication,
  type NestApplicationOptions,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  EnvelopeUnreadableError,
  SOURCES,
  InboxUnavailableError,
  type ConfiguredSource,
  type SecretResolver,
  type SourceEvent,
  type WebhookSource,
} from '../../lib/core/index.js';
import { Inbox, type AcceptedEvent } from '../../lib/inbox/index.js';
import {
  createWebhookController,
  ingressExports,
  ingressProviders,
  type WebhookControllerOptions,
} from '../../lib/ingress/index.js';

export const SECRET = 'secret-of-acme';
export const LIMIT = 2048;

export const sign = (bytes: Buffer, secret = SECRET): string =>
  createHmac('sha256', secret).update(bytes).digest('hex');

/** Signed as Armalo does it; its events are `{ id, event }`. */
export const acme: WebhookSource = {
  name: 'acme',
  signatureHeader: 'x-acme-signature',
  signatureShape: /^[0-9a-f]{64}$/,
  eventNames: ['thing.made'],
  verify: (bytes, header, secret) => typeof header === 'string' && header === sign(bytes, secret),
  read: () => ({ payload: {}, problems: [] }),
  open: ({ account, body }) => {
    try {
      const { id, event } = JSON.parse(body.toString()) as { id?: string; event?: string };
      if (!event) throw new Error('no name');
      return {
        source: 'acme',
        account,
        id: id ?? 'none',
        name: event,
        body,
        payload: {},
        problems: [],
      };
    } catch (cause) {
      throw new EnvelopeUnreadableError('Unreadable.', { cause });
    }
  },
};

export class MemoryInbox {
  readonly events: SourceEvent[] = [];
  failure: Error | undefined;

  async accept(event: SourceEvent): Promise<AcceptedEvent> {
    if (this.failure) throw this.failure;
    const key = (candidate: SourceEvent) => `${candidate.account}/${candidate.id}`;
    const at = this.events.findIndex((known) => key(known) === key(event));
    if (at === -1) this.events.push(event);
    const outcome = at === -1 ? 'stored' : 'duplicate';
    return { id: String(at === -1 ? this.events.length : at + 1), eventId: event.id, outcome };
  }

  breakDown(): void {
    this.failure = new InboxUnavailableError('The database at db.internal does not answer.');
  }
}

export type AdapterName = 'express' | 'fastify';
export const adapters: readonly AdapterName[] = ['express', 'fastify'];

export interface AppOptions {
  readonly adapter: AdapterName;
  readonly nest?: NestApplicationOptions;
  /** Under `Test.createTestingModule` in place of `NestFactory.create`. */
  readonly testing?: boolean;
  readonly controllers?: readonly Type[];
  readonly decorators?: WebhookControllerOptions['decorators'];
  readonly accounts?: boolean;
  readonly secrets?: ConfiguredSource['secrets'];
  readonly path?: string;
  /** What main.ts does between create and listen. */
  readonly main?: (app: INestApplication) => void;
  readonly adapterInstance?: ExpressAdapter | FastifyAdapter;
  readonly imports?: readonly (Type | DynamicModule)[];
}

export interface RunningApp {
  readonly app: INestApplication;
  readonly inbox: MemoryInbox;
  readonly port: number;
}

const KNOWN_ACCOUNTS = ['', 'a1', 'a2'];

const secretOfKnownAccounts: SecretResolver = async (account) => ({
  account,
  secrets: KNOWN_ACCOUNTS.includes(account) ? [SECRET] : [],
});

export const configuredAcme = (options: Partial<AppOptions>): ConfiguredSource => ({
  source: acme,
  secrets: options.secrets ?? secretOfKnownAccounts,
  path: options.path ?? '/webhooks/acme',
  accounts: options.accounts ?? false,
  bodyLimit: LIMIT,
  receives: true,
  expected: [],
});

@Module({})
class IngressModule {}

@Module({})
class AppModule {}

export async function createApp(options: AppOptions): Promise<Omit<RunningApp, 'port'>> {
  const inbox = new MemoryInbox();
  const configured = configuredAcme(options);
  const { path, accounts } = configured;
  const { decorators = [] } = options;
  const ingress: DynamicModule = {
    module: IngressModule,
    global: true,
    controllers: [createWebhookController({ source: 'acme', path, accounts, decorators })],
    providers: [
      ...ingressProviders,
      { provide: SOURCES, useValue: [configured] },
      { provide: Inbox, useValue: inbox },
    ],
    exports: [...ingressExports, SOURCES, Inbox],
  };
  const root: DynamicModule = {
    module: AppModule,
    imports: [ingress, ...(options.imports ?? [])],
    controllers: [...(options.controllers ?? [])],
  };
  const adapter =
    options.adapterInstance ??
    (options.adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter());
  const nest = { logger: false as const, abortOnError: false, ...options.nest };
  const app = options.testing
    ? (await Test.createTestingModule({ imports: [root] }).compile()).createNestApplication(
        adapter,
        nest,
      )
    : await NestFactory.create(root, adapter, nest);
  options.main?.(app);
  return { app, inbox };
}

export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { app, inbox } = await createApp(options);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  return { app, inbox, port };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Sending {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  /** One chunk or, with `chunked`, many. */
  readonly body?: Buffer;
  /** Transfer-Encoding: chunked, in pieces of this many bytes. */
  readonly chunked?: number;
  /** The upload is not ended. */
  readonly endless?: boolean;
}

/** Sends with node:http, which lets odd requests through that fetch would mend. */
export function send(port: number, sending: Sending): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body = Buffer.alloc(0), chunked, endless } = sending;
    const request = open(port, {
      ...sending,
      headers: {
        ...(chunked === undefined && !endless ? { 'content-length': String(body.length) } : {}),
        ...sending.headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (endless) request.destroy();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    const piece = chunked ?? Math.max(1, body.length);
    for (let at = 0; at < body.length; at += piece) request.write(body.subarray(at, at + piece));
    if (!endless) request.end();
  });
}

export const open = (port: number, { path, method, headers }: Sending): ClientRequest =>
  httpRequest({
    host: '127.0.0.1',
    port,
    agent: false,
    method: method ?? 'POST',
    path: path ?? '/webhooks/acme',
    headers: headers ?? {},
  });

export const json = (answer: Answer): unknown => JSON.parse(answer.text) as unknown;
