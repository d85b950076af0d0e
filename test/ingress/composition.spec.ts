import { jest } from '@jest/globals';
import {
  All,
  Body,
  Controller,
  Injectable,
  Logger,
  Module,
  Post,
  SetMetadata,
  UseGuards,
  ValidationPipe,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { ArmoxArmaloConfigurationError, type SourceEvent } from '../../lib/core/index.js';
import { Inbox } from '../../lib/inbox/index.js';
import {
  EventPipe,
  CaptureRawBody,
  SignatureGuard,
  WebhookRoutes,
} from '../../lib/ingress/index.js';
import {
  adapters,
  createApp,
  json,
  SECRET,
  send,
  sign,
  startApp,
  type Sending,
} from './webhook-app.js';

@Injectable()
class AcmeSignatureGuard extends SignatureGuard {
  readonly sourceName = 'acme';
}

@Injectable()
class AcmeEventPipe extends EventPipe {
  protected readonly sourceName = 'acme';
}

class Base {
  constructor(protected readonly inbox: Inbox) {}

  @Post('inherited/:account')
  @UseGuards(AcmeSignatureGuard)
  inherited(@Body(AcmeEventPipe) event: SourceEvent) {
    return this.inbox.accept(event, 'webhook');
  }
}

@CaptureRawBody({ limit: 100 })
@Controller('mine')
class MyController extends Base {
  constructor(inbox: Inbox) {
    super(inbox);
  }

  @Post()
  @UseGuards(AcmeSignatureGuard)
  receive(@Body(AcmeEventPipe) event: SourceEvent) {
    return this.inbox.accept(event, 'webhook');
  }

  @Post('bytes')
  bytes(@Body() received: Buffer): object {
    return { hex: received.toString('hex') };
  }

  @Post('files/*')
  wildcard(@Body() received: Buffer): object {
    return { size: received.length };
  }

  @Post('unguarded')
  unguarded(@Body(AcmeEventPipe) event: SourceEvent): object {
    return event;
  }
}

@Controller('plain')
class WithoutRawBody {
  @Post()
  @UseGuards(AcmeSignatureGuard)
  receive(@Body(AcmeEventPipe) event: SourceEvent): object {
    return { id: event.id };
  }

  @Post('method')
  @CaptureRawBody()
  bytes(@Body() received: Buffer): object {
    return { size: received.length };
  }
}

const body = Buffer.from('{"id":"e1","event":"thing.made"}');
const signed = (path: string, secret = SECRET, bytes = body): Sending => ({
  path,
  body: bytes,
  headers: { 'content-type': 'application/json', 'x-acme-signature': sign(bytes, secret) },
});

describe.each(adapters)("An application's own controller on %s", (adapter) => {
  const start = (options: Partial<Parameters<typeof startApp>[0]> = {}) =>
    startApp({ adapter, accounts: true, controllers: [MyController, WithoutRawBody], ...options });

  it('takes signed events with the guard, the pipe and the inbox', async () => {
    const strict = { whitelist: true, forbidNonWhitelisted: true, transform: true };
    const { app, inbox, port } = await start({
      main: (created) => void created.useGlobalPipes(new ValidationPipe(strict)),
    });
    const taken = await send(port, signed('/mine'));
    expect([taken.status, json(taken)]).toEqual([
      201,
      { id: '1', eventId: 'e1', outcome: 'stored' },
    ]);
    expect((await send(port, signed('/mine', 'another'))).status).toBe(401);
    expect((await send(port, signed('/mine', SECRET, Buffer.from('{}')))).status).toBe(400);
    expect((await send(port, signed('/mine', SECRET, Buffer.alloc(101)))).status).toBe(413);
    expect(inbox.events).toHaveLength(1);
    await app.close();
  });

  it('is answered 503 with Retry-After while the store is down', async () => {
    const { app, inbox, port } = await start();
    inbox.breakDown();
    const answer = await send(port, signed('/mine'));
    expect([answer.status, Boolean(answer.headers['retry-after'])]).toEqual([503, true]);
    await app.close();
  });

  it('may inherit its routes, have wildcards, and stand behind a prefix and a version', async () => {
    const { app, inbox, port } = await start({
      main: (created) =>
        void created
          .setGlobalPrefix('api')
          .enableVersioning({ type: VersioningType.URI, defaultVersion: ['1', '2'] }),
    });
    await send(port, signed('/api/v1/mine/inherited/a1'));
    await send(port, signed('/api/v2/mine/inherited/a2'));
    expect(inbox.events.map(({ account }) => account)).toEqual(['a1', 'a2']);
    const file = await send(port, { path: '/api/v1/mine/files/a/b', body });
    expect(json(file)).toEqual({ size: body.length });
    await app.close();
  });

  it('gets the exact bytes of any content type', async () => {
    const { app, port } = await start();
    const odd = Buffer.from([0, 0xff, 0x7b]);
    const headers = { 'content-type': 'application/json' };
    expect(json(await send(port, { path: '/mine/bytes', body: odd, headers }))).toEqual({
      hex: '00ff7b',
    });
    expect(json(await send(port, { path: '/plain/method', body: odd, headers }))).toEqual({
      size: 3,
    });
    await app.close();
  });

  it('is told that the decorator, or the guard, is missing, and lets nothing in', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { app, port } = await start();
    expect((await send(port, signed('/plain'))).status).toBe(500);
    expect((await send(port, signed('/mine/unguarded'))).status).toBe(500);
    const lines = log.mock.calls.map(([line]) => String(line));
    expect(lines.find((line) => line.includes('@CaptureRawBody()'))).toBeDefined();
    expect(lines.find((line) => line.includes('@UseGuards'))).toBeDefined();
    log.mockRestore();
    await app.close();
  });
});

describe.each(adapters)('Secrets on %s', (adapter) => {
  it('are tried one after another', async () => {
    const { app, port } = await startApp({
      adapter,
      secrets: async (account) => ({ account, secrets: ['new', 'old'] }),
    });
    const answers = ['new', 'old', 'older'].map((secret) =>
      send(port, signed('/webhooks/acme', secret)),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 401]);
    await app.close();
  });

  it('are those of the account in the path', async () => {
    const secrets = async (account: string) => ({
      account,
      secrets: account === 'nobody' ? [] : [`of ${account}`],
    });
    const { app, inbox, port } = await startApp({ adapter, accounts: true, secrets });
    const status = async (path: string, secret: string) =>
      (await send(port, signed(path, secret))).status;
    expect(await status('/webhooks/acme/a1', 'of a1')).toBe(200);
    expect(await status('/webhooks/acme/a2', 'of a1')).toBe(401);
    expect(await status('/webhooks/acme/%61.3', 'of a.3')).toBe(200);
    expect(await status('/webhooks/acme/nobody', 'of nobody')).toBe(401);
    expect(await status('/webhooks/acme', 'of ')).toBe(200);
    expect(inbox.events.map(({ account }) => account)).toEqual(['a1', 'a.3', '']);
    expect(
      app
        .get(WebhookRoutes)
        .urls()
        .map(({ path }) => path),
    ).toEqual(['/webhooks/acme', '/webhooks/acme/:account']);
    await app.close();
  });

  it('that cannot be had are answered 503 with Retry-After, and are in no log', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const secrets = async () => Promise.reject(new Error('vault says hunter2'));
    const { app, port } = await startApp({ adapter, secrets });
    const answer = await send(port, signed('/webhooks/acme'));
    expect([answer.status, Boolean(answer.headers['retry-after'])]).toEqual([503, true]);
    expect(JSON.stringify([answer.text, log.mock.calls])).not.toContain('hunter2');
    log.mockRestore();
    await app.close();
  });

  it('and signatures that were refused are in no log, and a flood is one line', async () => {
    const log = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { app, port } = await startApp({ adapter });
    for (let i = 0; i < 20; i += 1) await send(port, signed('/webhooks/acme', 'another'));
    const lines = log.mock.calls.map(([line]) => String(line));
    const ours = lines.filter((line) => line.includes('401'));
    expect(ours).toEqual(['A delivery of acme was answered 401: its signature does not match.']);
    log.mockRestore();
    await app.close();
  });
});

@Controller('webhooks')
class SamePath {
  @Post('acme')
  post(): string {
    return 'mine';
  }
}

@Controller()
class TakesAll {
  @All('*')
  all(): string {
    return 'mine';
  }
}

@Controller('webhooks/acme/manual')
class BelowTheRoute {
  @Post()
  post(@Body() received: unknown): object {
    return { received };
  }
}

@Module({ controllers: [BelowTheRoute] })
class LaterModule {}

@Controller('webhooks')
class Neighbour {
  @Post('other')
  post(): string {
    return 'mine';
  }
}

describe('A route of the application', () => {
  const boot = async (adapter: 'express' | 'fastify', controller: Type) => {
    const { app } = await createApp({ adapter, controllers: [controller] });
    try {
      await app.init();
    } finally {
      await app.close();
    }
  };

  it.each(adapters)('with the same path is refused at boot on %s', async (adapter) => {
    await expect(boot(adapter, SamePath)).rejects.toThrow(ArmoxArmaloConfigurationError);
    await expect(boot(adapter, SamePath)).rejects.toThrow('SamePath');
  });

  it('that would take the webhooks is refused at boot on Express, where the first wins', async () => {
    await expect(boot('express', TakesAll)).rejects.toThrow('TakesAll comes first');
    await expect(boot('fastify', TakesAll)).resolves.toBeUndefined();
  });

  it.each(adapters)('below it keeps its parser on %s', async (adapter) => {
    const controllers = [BelowTheRoute];
    const { app, port } = await startApp({ adapter, accounts: true, controllers });
    const parsed = await send(port, signed('/webhooks/acme/manual'));
    expect(json(parsed)).toEqual({ received: { id: 'e1', event: 'thing.made' } });
    expect((await send(port, signed('/webhooks/acme/a1'))).status).toBe(200);
    await app.close();
  });

  it('that would never be called, since the webhook route takes its requests, is refused', async () => {
    const options = { adapter: 'express', accounts: true, imports: [LaterModule] } as const;
    const { app } = await createApp(options);
    await expect(app.init()).rejects.toThrow('BelowTheRoute comes later');
    await app.close();
  });

  it.each(adapters)('beside it is no collision on %s', async (adapter) => {
    await expect(boot(adapter, Neighbour)).resolves.toBeUndefined();
  });
});

@Injectable()
class OnlyMarked implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const reflector = new Reflector();
    return (
      reflector.get<boolean>('marked', context.getHandler()) &&
      reflector.get<boolean>('marked', context.getClass())
    );
  }
}

describe('The decorators option', () => {
  const classOnly: ClassDecorator = (target) => Reflect.defineMetadata('class-only', 1, target);

  it('is seen by guards that look at the class and by those that look at the method', async () => {
    const { app, port } = await startApp({
      adapter: 'express',
      decorators: [SetMetadata('marked', true), classOnly],
      main: (created) => void created.useGlobalGuards(new OnlyMarked()),
    });
    expect((await send(port, signed('/webhooks/acme'))).status).toBe(200);
    await app.close();
  });

  it('of two applications in one process do not meet', async () => {
    const first = await startApp({
      adapter: 'express',
      path: '/a',
      decorators: [SetMetadata('marked', true)],
    });
    const second = await startApp({ adapter: 'express', path: '/b' });
    expect((await send(first.port, signed('/a'))).status).toBe(200);
    expect((await send(first.port, signed('/b'))).status).toBe(404);
    expect((await send(second.port, signed('/b'))).status).toBe(200);
    await Promise.all([first.app.close(), second.app.close()]);
  });
});

describe('An Express instance that has read the body before', () => {
  it('is named, with the line to change', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const instance = express().use(express.json());
    const { app, inbox, port } = await startApp({
      adapter: 'express',
      adapterInstance: new ExpressAdapter(instance),
    });
    const answer = await send(port, signed('/webhooks/acme'));
    expect([answer.status, json(answer)]).toEqual([
      500,
      { message: 'Internal Server Error', statusCode: 500 },
    ]);
    expect(inbox.events).toEqual([]);
    const line = log.mock.calls.map(([text]) => String(text)).find((text) => /RawBody/.test(text));
    expect(line).toContain('express.json()');
    expect(line).toContain('verify:');
    log.mockRestore();
    await app.close();
  });

  it('is no hindrance where it has kept the bytes in rawBody', async () => {
    const keep = (request: object, _response: unknown, bytes: Buffer) => {
      Object.assign(request, { rawBody: bytes });
    };
    const instance = express().use(express.json({ verify: keep }));
    const { app, port } = await startApp({
      adapter: 'express',
      adapterInstance: new ExpressAdapter(instance),
    });
    expect((await send(port, signed('/webhooks/acme'))).status).toBe(200);
    await app.close();
  });
});
