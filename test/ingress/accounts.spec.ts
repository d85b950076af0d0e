import { jest } from '@jest/globals';
import {
  Body,
  Controller,
  Injectable,
  Logger,
  Module,
  Post,
  UseGuards,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ArmaloEventPipe,
  ArmaloSignatureGuard,
  ArmoxArmaloModule,
  type ArmoxArmaloOptions,
  Inbox,
  InboxAdmin,
  CaptureRawBody,
  type SourceEvent,
} from 'nestjs-armox-armalo';
import type { AccountSecrets, SecretResolver, Timers } from '../../lib/core/index.js';
import { SignatureGuard } from '../../lib/ingress/index.js';
import { SecretLookup } from '../../lib/ingress/webhook/secret.lookup.js';
import { IngressCounters } from '../../lib/ingress/index.js';
import { armaloRequest } from '../../lib/testing/index.js';
import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';
import {
  configuredAcme,
  createApp,
  json,
  send,
  sign,
  startApp,
  type AppOptions,
  type Sending,
} from './webhook-app.js';
import { summaries } from '../event.lists.js';

const body = Buffer.from('{"id":"e1","event":"thing.made"}');
const signed = (path: string, secret: string): Sending => ({
  path,
  body,
  headers: { 'x-acme-signature': sign(body, secret) },
});

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const app of running.splice(0)) await app.close();
});

const start = async (options: Partial<AppOptions>) => {
  const started = await startApp({ adapter: 'express', accounts: true, ...options });
  running.push(started.app);
  return started;
};

const own = (account: string, ...secrets: string[]): AccountSecrets => ({ account, secrets });

describe('A function that names the account of a secret', () => {
  it('makes every path that the secret opens one account, and one event', async () => {
    const secrets: SecretResolver = async (account) =>
      account === '' || /^acme-/i.test(account) ? own('acme-1', 'shared') : own(account);
    const { inbox, port } = await start({ secrets });
    for (const [path, duplicate] of [
      ['/webhooks/acme/acme-1', false],
      ['/webhooks/acme/ACME-2', true],
      ['/webhooks/acme', true],
    ] as const) {
      expect(json(await send(port, signed(path, 'shared')))).toMatchObject({ duplicate });
    }
    expect(inbox.events.map(({ account }) => account)).toEqual(['acme-1']);
  });
});

describe('A function of the account', () => {
  it.each([
    ['__proto__'],
    ['constructor'],
    ['toString'],
    ['a%2F3'],
    ['a%00'],
    ['%F0%9F%A6%8A'],
    ['x'.repeat(192)],
  ])('is never asked for %s, which is answered 404', async (account) => {
    const asked: string[] = [];
    const secrets: SecretResolver = async (name) => {
      asked.push(name);
      return own(name, `of ${name}`);
    };
    const { port } = await start({ secrets });
    asked.length = 0;
    const name = decodeURIComponent(account);
    expect((await send(port, signed(`/webhooks/acme/${account}`, `of ${name}`))).status).toBe(404);
    expect(asked).toEqual([]);
  });

  it('is not asked for requests that carry no signature or a malformed one', async () => {
    const asked: string[] = [];
    const secrets: SecretResolver = async (name) => {
      asked.push(name);
      return own(name, `of ${name}`);
    };
    const { port } = await start({ secrets });
    asked.length = 0;
    const path = '/webhooks/acme/a1';
    for (const headers of [{}, { 'x-acme-signature': 'abc' }]) {
      expect((await send(port, { path, body, headers })).status).toBe(401);
    }
    expect(asked).toEqual([]);
    expect((await send(port, signed(path, 'of a1'))).status).toBe(200);
    expect(asked).toEqual(['a1']);
  });

  it('that gives one secret to accounts that nobody has stops the application at boot', async () => {
    const boot = async (secrets: SecretResolver) => {
      const { app } = await createApp({ adapter: 'express', accounts: true, secrets });
      running.push(app);
      await app.init();
    };
    await expect(boot(async (account) => own(account, 'one for all'))).rejects.toThrow(
      /`acme.webhookSecret`: .*same secret.*\{ account, secret \}/,
    );
    await expect(boot(async (account) => own(account, `of ${account}`))).resolves.toBeUndefined();
    await expect(boot(async () => own('acme-1', 'one'))).resolves.toBeUndefined();
    await expect(boot(async (account) => own(account))).resolves.toBeUndefined();
    await expect(boot(async () => Promise.reject(new Error('later')))).resolves.toBeUndefined();
  });

  it('that does not answer is given up after five seconds, so that the sender tries again', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const limits: { ms: number; expire: () => void }[] = [];
    const timers: Pick<Timers, 'after'> = {
      after: (ms, expire) => {
        limits.push({ ms, expire });
        return () => undefined;
      },
    };
    const lookup = new SecretLookup(new IngressCounters(), timers);
    const silent = configuredAcme({ secrets: () => new Promise(() => undefined) });
    const answer = lookup.of(silent, 'a1');
    expect(limits.map(({ ms }) => ms)).toEqual([5_000]);
    limits[0]?.expire();
    await expect(answer).rejects.toMatchObject({ status: 503 });
    expect(String(log.mock.calls[0]?.[0])).toContain('within 5000 ms');
  });
});

const request = armaloRequest(
  { event: 'pact.violated', timestamp: '2026-11-22T10:00:00.000Z', data: { agentId: 'a' } },
  'whsec_test',
);

@CaptureRawBody()
@Controller('hooks')
class ByAccount {
  constructor(private readonly inbox: Inbox) {}

  @Post(':account')
  @UseGuards(ArmaloSignatureGuard)
  receive(@Body(ArmaloEventPipe) event: SourceEvent) {
    return this.inbox.accept(event, 'webhook');
  }
}

const sqlite = () =>
  TypeOrmModule.forRoot({
    type: 'better-sqlite3',
    driver: SqliteDriver,
    database: ':memory:',
    synchronize: true,
    retryAttempts: 1,
  });

const createReal = async (options: ArmoxArmaloOptions, controllers: Type[] = []) => {
  @Module({
    imports: [sqlite(), ArmoxArmaloModule.forRootAsync({ useFactory: () => options })],
    controllers,
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  running.push(app);
  return app;
};

const listening = async (options: ArmoxArmaloOptions, controllers: Type[] = []) => {
  const app = await createReal(options, controllers);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const post = async (path: string) => {
    const sent = { ...request, body: request.body };
    return (await fetch(`${url}${path}`, sent)).status;
  };
  return { app, post };
};

describe('With forRootAsync, a secret that is one for all', () => {
  const armalo = { webhookSecret: 'whsec_test' };

  it('opens no account path', async () => {
    const { post } = await listening({ armalo });
    expect(await post('/webhooks/armalo/a1')).toBe(404);
    expect(await post('/webhooks/armalo')).toBe(200);
  });

  it('is refused at boot where a controller of the application has an account in its path', async () => {
    const app = await createReal({ armalo }, [ByAccount]);
    await expect(app.init()).rejects.toThrow(
      /`armalo.webhookSecret`: POST \/hooks\/:account of ByAccount .*function/,
    );
  });

  it('as a function is refused at boot', async () => {
    const app = await createReal({ armalo: { webhookSecret: () => 'whsec_test' } });
    await expect(app.init()).rejects.toThrow(/`armalo.webhookSecret`: .*same secret/);
  });

  it('may be a function that names the account, in controllers of the application too', async () => {
    const webhookSecret = () => ({ account: 'main', secret: ['whsec_new', 'whsec_test'] });
    const { app, post } = await listening({ armalo: { webhookSecret } }, [ByAccount]);
    expect([await post('/hooks/a1'), await post('/webhooks/armalo/a2')]).toEqual([201, 200]);
    const stored = await summaries(app.get(InboxAdmin));
    expect(stored.map(({ account }) => account)).toEqual(['main']);
  });
});

@Injectable()
class NamedGuard extends SignatureGuard {
  readonly sourceName = 'acme';
}

@CaptureRawBody()
@Controller('mine')
@UseGuards(NamedGuard)
class OnTheClass {
  @Post(':account')
  receive(): void {}
}

it('A signature guard on the class of a controller is found too', async () => {
  const { app } = await createApp({
    adapter: 'express',
    accounts: false,
    controllers: [OnTheClass],
  });
  running.push(app);
  await expect(app.init()).rejects.toThrow(/OnTheClass/);
});
