import { gzipSync } from 'node:zlib';
import { jest } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  Post,
  RequestMethod,
  SetMetadata,
  ValidationPipe,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestApplicationOptions,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector, RouterModule } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import type { FastifyInstance } from 'fastify';
import { map, tap } from 'rxjs';
import { WebhookRoutes } from '../../lib/ingress/index.js';
import {
  adapters,
  json,
  LIMIT,
  send,
  sign,
  startApp,
  type AdapterName,
  type AppOptions,
  type Sending,
} from './webhook-app.js';

/** How main.ts deals with bodies. */
interface Parsing {
  readonly how: string;
  readonly nest?: NestApplicationOptions;
  readonly testing?: boolean;
  readonly main?: (app: INestApplication, adapter: AdapterName) => void;
}

const customJson = (app: INestApplication, adapter: AdapterName): void => {
  if (adapter === 'express') {
    app.use(express.json({ limit: '5mb' }));
    return;
  }
  const instance = app.getHttpAdapter().getInstance() as FastifyInstance;
  instance.removeContentTypeParser('application/json');
  instance.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) =>
    done(null, JSON.parse(String(text))),
  );
};

const useBodyParser = (app: INestApplication, adapter: AdapterName): void => {
  if (adapter === 'express') {
    const ours = app as NestExpressApplication;
    ours.useBodyParser('json', { limit: '5mb' }).useBodyParser('text').useBodyParser('raw');
  } else {
    const ours = app as NestFastifyApplication;
    ours.useBodyParser('application/json', { bodyLimit: 5_000_000 });
    ours.useBodyParser('text/plain');
  }
};

const parsings: readonly Parsing[] = [
  { how: 'the defaults' },
  { how: 'rawBody: true', nest: { rawBody: true } },
  { how: 'bodyParser: false', nest: { bodyParser: false } },
  { how: 'a json() parser of its own', nest: { bodyParser: false }, main: customJson },
  { how: 'useBodyParser', main: useBodyParser },
  { how: 'a testing module', testing: true },
  { how: 'a testing module with rawBody', testing: true, nest: { rawBody: true } },
];

/** What else main.ts does. */
interface Dressing extends Partial<AppOptions> {
  readonly with: string;
  readonly path?: never;
  /** Where the webhook then is. */
  readonly at?: string;
}

@Injectable()
class DenyAll implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<boolean>('public', places) ?? false;
  }
}

class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

class HeaderAfterwards implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const response = context
      .switchToHttp()
      .getResponse<{ header(name: string, value: string): void }>();
    return next.handle().pipe(tap(() => response.header('x-took', '1')));
  }
}

class TurnEverythingInto418 implements ExceptionFilter {
  constructor(private readonly app: INestApplication) {}

  catch(_error: unknown, host: import('@nestjs/common').ArgumentsHost): void {
    this.app.getHttpAdapter().reply(host.switchToHttp().getResponse(), { teapot: true }, 418);
  }
}

const strict = { whitelist: true, forbidNonWhitelisted: true, transform: true };

const dressings: readonly Dressing[] = [
  { with: 'nothing else' },
  { with: 'a prefix', at: '/api/v0/webhooks/acme', main: (app) => app.setGlobalPrefix('api/v0') },
  {
    with: 'a prefix that excludes the route',
    main: (app) => app.setGlobalPrefix('/api/', { exclude: ['webhooks/*path'] }),
  },
  {
    with: 'a prefix that excludes POST of the route',
    main: (app) =>
      app.setGlobalPrefix('api', {
        exclude: [{ path: 'webhooks/acme', method: RequestMethod.POST }],
      }),
  },
  {
    with: 'a prefix that excludes GET of the route',
    at: '/api/webhooks/acme',
    main: (app) =>
      app.setGlobalPrefix('api', {
        exclude: [{ path: 'webhooks/acme', method: RequestMethod.GET }],
      }),
  },
  {
    with: 'versions in the URI and a prefix',
    at: '/api/webhooks/acme',
    main: (app) =>
      void app
        .setGlobalPrefix('api')
        .enableVersioning({ type: VersioningType.URI, defaultVersion: '2' }),
  },
  {
    with: 'versions in a header',
    main: (app) =>
      void app.enableVersioning({
        type: VersioningType.HEADER,
        header: 'x-version',
        defaultVersion: '2',
      }),
  },
  {
    with: 'a strict ValidationPipe',
    main: (app) => void app.useGlobalPipes(new ValidationPipe(strict)),
  },
  {
    with: 'a guard that lets public routes through',
    decorators: [SetMetadata('public', true)],
    main: (app) => void app.useGlobalGuards(new DenyAll(app.get(Reflector))),
  },
  {
    with: 'an interceptor that wraps what is returned',
    main: (app) => void app.useGlobalInterceptors(new Wrap()),
  },
  {
    with: 'an interceptor that sets a header afterwards',
    main: (app) => void app.useGlobalInterceptors(new HeaderAfterwards()),
  },
  {
    with: 'a filter that takes every error',
    main: (app) => void app.useGlobalFilters(new TurnEverythingInto418(app)),
  },
];

const body = Buffer.from(JSON.stringify({ id: 'e1', event: 'thing.made' }));
const large = Buffer.concat([body, Buffer.alloc(LIMIT - body.length, ' ')]);
const tooLarge = Buffer.concat([large, Buffer.from(' ')]);
const gzip = gzipSync(body);
const signed = (bytes: Buffer, headers: Record<string, string> = {}): Sending => ({
  body: bytes,
  headers: { 'x-acme-signature': sign(bytes), ...headers },
});

const deliveries: readonly (readonly [what: string, sending: Sending, status: number])[] = [
  ['json', signed(body, { 'content-type': 'application/json' }), 200],
  ['charset', signed(body, { 'content-type': 'application/json; charset=utf-16' }), 200],
  ['no content type', signed(body), 200],
  ['text', signed(body, { 'content-type': 'text/plain' }), 200],
  ['+json', signed(body, { 'content-type': 'application/x+json' }), 200],
  ['form', signed(body, { 'content-type': 'application/x-www-form-urlencoded' }), 200],
  ['octets', signed(body, { 'content-type': 'application/octet-stream' }), 200],
  ['gzip', signed(gzip, { 'content-type': 'application/json', 'content-encoding': 'gzip' }), 200],
  ['chunked', { ...signed(body, { 'content-type': 'application/json' }), chunked: 5 }, 200],
  ['limit', signed(large, { 'content-type': 'application/json' }), 200],
  ['limit + 1', signed(tooLarge, { 'content-type': 'application/json' }), 413],
  ['empty', signed(Buffer.alloc(0)), 400],
  ['invalid UTF-8', signed(Buffer.from([0xc3, 0x28]), { 'content-type': 'application/json' }), 400],
  ['malformed', signed(Buffer.from('{'), { 'content-type': 'application/json' }), 400],
  ['unsigned', { body, headers: { 'content-type': 'application/json' } }, 401],
];

const expected = deliveries.map(([what, , status]) => ({ what, status }));

async function statuses(port: number, path: string) {
  const seen: { what: string; status: number }[] = [];
  for (const [what, sending] of deliveries) {
    const { status } = await send(port, { ...sending, path });
    seen.push({ what, status });
  }
  return seen;
}

describe.each(adapters)('On %s the webhook route answers the same', (adapter) => {
  describe.each(parsings)('with $how', ({ nest, testing, main: prepare }) => {
    it.each(dressings)('and $with', async ({ main, at = '/webhooks/acme', ...rest }) => {
      const { app, port } = await startApp({
        adapter,
        ...(nest && { nest: { ...nest, logger: false } }),
        ...(testing && { testing }),
        ...rest,
        main: (created) => {
          prepare?.(created, adapter);
          main?.(created);
        },
      });
      try {
        expect(await statuses(port, at)).toEqual(expected);
        expect(app.get(WebhookRoutes).urls()).toEqual([{ source: 'acme', path: at }]);
      } finally {
        await app.close();
      }
    });
  });

  it('whatever interceptors, pipes and filters do', async () => {
    const answers = await Promise.all(
      dressings.map(async ({ main, at = '/webhooks/acme', ...rest }) => {
        const { app, port } = await startApp({ adapter, ...rest, ...(main && { main }) });
        const ok = await send(port, { ...signed(body), path: at });
        const forged = await send(port, { body, path: at });
        await app.close();
        return [json(ok), json(forged)];
      }),
    );
    for (const answer of answers) {
      expect(answer).toEqual([
        { received: true, duplicate: false, id: 'e1' },
        { message: 'Unauthorized', statusCode: 401 },
      ]);
    }
  });

  it('in a module that RouterModule has put under a path', async () => {
    @Controller('inner')
    class Inner {
      @Get()
      get(): string {
        return 'inner';
      }
    }
    @Module({ controllers: [Inner] })
    class InnerModule {}
    const { app, port } = await startApp({
      adapter,
      imports: [InnerModule, RouterModule.register([{ path: 'outer', module: InnerModule }])],
    });
    expect((await send(port, { ...signed(body) })).status).toBe(200);
    expect((await send(port, { method: 'GET', path: '/outer/inner' })).text).toBe('inner');
    await app.close();
  });
});

describe('Fastify', () => {
  it('with a connect middleware that reads the body is told so, and lets nothing in', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { app, port, inbox } = await startApp({
      adapter: 'fastify',
      main: (created) => void created.use(express.json()),
    });
    const { status } = await send(port, signed(body, { 'content-type': 'application/json' }));
    expect([status, inbox.events]).toEqual([500, []]);
    expect(log.mock.calls.map(([line]) => String(line)).join()).toContain('app.use');
    log.mockRestore();
    await app.close();
  });
});

@Controller()
class Echo {
  @Post('echo')
  echo(@Body() received: unknown): object {
    return { received: received ?? null };
  }

  @Post('webhooks')
  base(@Body() received: unknown): object {
    return { base: received ?? null };
  }

  @Get('webhooks/acme')
  get(): object {
    return { got: true };
  }
}

describe.each(adapters)('On %s other routes keep', (adapter) => {
  const parsed = { body: Buffer.from('{"a":1}'), headers: { 'content-type': 'application/json' } };

  it('their parsed bodies, also one level up and under another method', async () => {
    const { app, port } = await startApp({ adapter, controllers: [Echo] });
    const echo = await send(port, { ...parsed, path: '/echo' });
    const base = await send(port, { ...parsed, path: '/webhooks' });
    const get = await send(port, { path: '/webhooks/acme', method: 'GET' });
    expect([echo, base, get].map(json)).toEqual([
      { received: { a: 1 } },
      { base: { a: 1 } },
      { got: true },
    ]);
    await app.close();
  });

  it('the limit of their parser', async () => {
    const { app, port } = await startApp({ adapter, controllers: [Echo] });
    // 100 kB is Express's default, 1 MiB Fastify's.
    const size = adapter === 'express' ? 110_000 : 1_100_000;
    const sending = { ...parsed, body: Buffer.from(`"${'x'.repeat(size)}"`) };
    expect((await send(port, { ...sending, path: '/echo' })).status).toBe(413);
    await app.close();
  });

  it('no parser where bodyParser is false', async () => {
    const { app, port } = await startApp({
      adapter,
      controllers: [Echo],
      nest: { bodyParser: false, logger: false },
    });
    const answer = await send(port, { ...parsed, path: '/echo' });
    // Fastify parses JSON by itself.
    expect(json(answer)).toEqual({ received: adapter === 'express' ? null : { a: 1 } });
    await app.close();
  });

  it('the parser that the application has put there', async () => {
    const { app, port } = await startApp({
      adapter,
      controllers: [Echo],
      nest: { bodyParser: false, logger: false },
      main: (created) => customJson(created, adapter),
    });
    const answer = await send(port, { ...parsed, path: '/echo' });
    expect(json(answer)).toEqual({ received: { a: 1 } });
    await app.close();
  });
});
