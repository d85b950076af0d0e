import { jest } from '@jest/globals';
import {
  BadRequestException,
  Injectable,
  Logger,
  Module,
  Scope,
  SetMetadata,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { catchError, EMPTY, finalize, NEVER, of, throwError, type Observable } from 'rxjs';
import { IngressCounters } from '../../lib/ingress/index.js';
import {
  adapters,
  json,
  send,
  sign,
  startApp,
  type AppOptions,
  type RunningApp,
  type Sending,
} from './webhook-app.js';

const body = Buffer.from('{"id":"e1","event":"thing.made"}');
const signed = (bytes: Buffer, headers: Record<string, string> = {}): Sending => ({
  body: bytes,
  headers: { 'x-acme-signature': sign(bytes), ...headers },
});

type Intercept = (context: ExecutionContext, next: CallHandler) => Observable<unknown>;
const interceptor = (intercept: Intercept): NestInterceptor => ({ intercept });

const responseOf = (context: ExecutionContext) =>
  context.switchToHttp().getResponse<{ status(code: number): { send(body: object): void } }>();

const turned = () => throwError(() => new BadRequestException('turned'));

class Silent implements ExceptionFilter {
  catch(): void {}
}

class Refusing implements PipeTransform {
  transform(): never {
    throw new BadRequestException('piped');
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest implements NestInterceptor {
  intercept = () => turned();
}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: PerRequest }] })
class PerRequestModule {}

interface Part extends Partial<AppOptions> {
  readonly part: string;
}

const intercepting = (what: string, intercept: Intercept): Part => ({
  part: `an interceptor that ${what}`,
  main: (app: INestApplication) => void app.useGlobalInterceptors(interceptor(intercept)),
});

const parts: readonly Part[] = [
  intercepting('turns errors into 400', (_, next) => next.handle().pipe(catchError(turned))),
  intercepting('answers errors with an object', (_, next) =>
    next.handle().pipe(catchError(() => of({ ok: true }))),
  ),
  intercepting('swallows errors', (_, next) => next.handle().pipe(catchError(() => EMPTY))),
  intercepting('never comes to an end', () => NEVER),
  intercepting('calls no handler', () => EMPTY),
  intercepting('throws first', () => {
    throw new BadRequestException('first');
  }),
  intercepting('sets another status first', (context, next) => {
    responseOf(context).status(418);
    return next.handle();
  }),
  intercepting('answers by itself afterwards', (context, next) =>
    next.handle().pipe(finalize(() => responseOf(context).status(418).send({ mine: true }))),
  ),
  { part: 'an interceptor of each request', imports: [PerRequestModule] },
  {
    part: 'a pipe that refuses everything',
    main: (app) => void app.useGlobalPipes(new Refusing()),
  },
  {
    part: 'a filter that answers nothing',
    main: (app) => void app.useGlobalFilters(new Silent()),
  },
  { part: 'a filter among the decorators', decorators: [UseFilters(new Silent())] },
  {
    part: 'an interceptor among the decorators',
    decorators: [UseInterceptors(interceptor(() => NEVER))],
  },
];

const closing: RunningApp[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const { app } of closing.splice(0)) await app.close();
});

const start = async (options: AppOptions): Promise<RunningApp> => {
  const running = await startApp(options);
  closing.push(running);
  return running;
};

describe.each(adapters)('On %s the sender is told the truth', (adapter) => {
  it.each(parts)('although the application has $part', async (options) => {
    const { inbox, port } = await start({ adapter, ...options });
    const told = async (sending: Sending) => {
      const answer = await send(port, sending);
      return [answer.status, json(answer), Boolean(answer.headers['retry-after'])];
    };
    expect(await told(signed(body))).toEqual([
      200,
      { received: true, duplicate: false, id: 'e1' },
      false,
    ]);
    expect(await told(signed(body, { 'x-acme-signature': sign(body, 'another') }))).toEqual([
      401,
      { message: 'Unauthorized', statusCode: 401 },
      false,
    ]);
    expect((await told(signed(Buffer.from('{}'))))[0]).toBe(400);
    inbox.breakDown();
    expect(await told(signed(body))).toEqual([
      503,
      { message: 'Service Unavailable', statusCode: 503 },
      true,
    ]);
  });
});

const guard = (canActivate: CanActivate['canActivate']): CanActivate => ({ canActivate });

describe.each(adapters)('On %s a delivery that a guard of the application refuses', (adapter) => {
  const warnings = () => {
    const log = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    return () => log.mock.calls.map(([line]) => String(line)).filter((line) => /guard/.test(line));
  };

  it.each([
    ['by false', guard(() => false), 403],
    [
      'by 401',
      guard(() => {
        throw new UnauthorizedException();
      }),
      401,
    ],
    [
      'by an error of its own',
      guard(() => {
        throw new TypeError('request.user is undefined');
      }),
      500,
    ],
  ])('%s gets its answer, and a flood leaves one line that says what to do', async (...row) => {
    const [, refusing, status] = row;
    const lines = warnings();
    const { app, inbox, port } = await start({
      adapter,
      main: (created) => void created.useGlobalGuards(refusing),
    });
    for (let i = 0; i < 5; i += 1) expect((await send(port, signed(body))).status).toBe(status);
    expect(inbox.events).toEqual([]);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toContain(`A delivery of acme was answered ${status}`);
    expect(lines()[0]).toContain('decorators: [Public()]');
    expect(app.get(IngressCounters).of('acme', 'refused')).toBe(5);
  });

  it('for two causes leaves a line for each', async () => {
    const lines = warnings();
    let asked = 0;
    const { port } = await start({
      adapter,
      main: (created) =>
        void created.useGlobalGuards(
          guard(() => {
            asked += 1;
            if (asked % 2 === 0) throw new UnauthorizedException();
            return false;
          }),
        ),
    });
    for (let i = 0; i < 4; i += 1) await send(port, signed(body));
    expect(lines()).toHaveLength(2);
  });

  it('among the decorators is refused before anything is stored', async () => {
    const { inbox, port } = await start({
      adapter,
      decorators: [SetMetadata('any', 1), UseGuards(guard(() => false))],
    });
    expect((await send(port, signed(body))).status).toBe(403);
    expect(inbox.events).toEqual([]);
  });
});
