import 'reflect-metadata';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Inject,
  Injectable,
  Logger,
  Module,
  Scope,
  type DynamicModule,
  type INestApplicationContext,
  type Provider,
  type Type,
} from '@nestjs/common';
import { IsInt } from 'class-validator';
import { LazyModuleLoader, NestFactory, REQUEST } from '@nestjs/core';
import {
  createEventDecorator,
  HandlerExplorer,
  HandlerRegistry,
  type HandlerContext,
} from '../../lib/handlers/index.js';

interface Events {
  'escrow.created': { amount: number };
  'escrow.dispute.opened': { reason: string };
  'agent.score.changed': { score: number };
}
const On = createEventDecorator<Events, unknown, 'data'>('armalo', 'data');
const OnOther = createEventDecorator<{ 'job.completed': object }, unknown, 'job'>('armox', 'job');

class Escrow {
  @IsInt()
  amount: number;
}

const context = {} as HandlerContext;
const apps: INestApplicationContext[] = [];

@Module({ providers: [HandlerExplorer, HandlerRegistry], exports: [HandlerRegistry] })
class RegistryModule {}

async function boot(parts: {
  providers?: Provider[];
  controllers?: Type[];
  imports?: (Type | DynamicModule)[];
}): Promise<{ app: INestApplicationContext; registry: HandlerRegistry }> {
  @Module({
    imports: [RegistryModule, ...(parts.imports ?? [])],
    providers: parts.providers ?? [],
    controllers: parts.controllers ?? [],
  })
  class RootModule {}
  const app = await NestFactory.createApplicationContext(RootModule, {
    logger: false,
    abortOnError: false,
  });
  apps.push(app);
  return { app, registry: app.get(HandlerRegistry) };
}

function names(registry: HandlerRegistry): string[] {
  return registry.all().map((handler) => handler.name);
}

afterEach(async () => {
  jest.restoreAllMocks();
  for (const app of apps.splice(0)) await app.close();
});

describe('which handlers are found', () => {
  it('finds methods of providers and controllers, and calls them on their own instance', async () => {
    const calls: unknown[] = [];
    @Injectable()
    class TrustHandlers {
      private readonly mark = 'own';
      @On('escrow.created')
      freeze(event: { amount: number }, given: HandlerContext) {
        calls.push([this.mark, event, given]);
      }
    }
    @Controller()
    class EscrowController {
      @On('escrow.*')
      watch() {
        calls.push('controller');
      }
    }
    const { registry } = await boot({
      providers: [TrustHandlers],
      controllers: [EscrowController],
    });
    registry.discover([{ name: 'armalo' }]);

    const found = registry.handlersFor('armalo', 'escrow.created');
    expect(found.map((handler) => handler.name)).toEqual([
      'TrustHandlers.freeze',
      'EscrowController.watch',
    ]);
    for (const handler of found) await handler.invoke({ amount: 3 }, context);
    expect(calls).toEqual([['own', { amount: 3 }, context], 'controller']);
  });

  it('matches names, families of any depth and all, each handler once', async () => {
    @Injectable()
    class Handlers {
      @On('agent.score.*')
      family() {}
      @On()
      everything() {}
      @On('escrow.created')
      @On('escrow.*')
      stacked() {}
    }
    const { registry } = await boot({ providers: [Handlers] });
    registry.discover([{ name: 'armalo' }]);
    const forName = (name: string) =>
      registry.handlersFor('armalo', name).map((handler) => handler.name.split('.')[1]);

    expect(forName('agent.score.changed')).toEqual(['family', 'everything']);
    expect(forName('agent.scored')).toEqual(['everything']);
    expect(forName('escrow.created')).toEqual(['everything', 'stacked']);
    expect(forName('escrow.dispute.opened')).toEqual(['everything', 'stacked']);
    expect(forName('escrow')).toEqual(['everything']);
    expect(registry.handlersFor('armox', 'escrow.created')).toEqual([]);
    expect(registry.unhandled('armox', ['job.completed'])).toEqual(['job.completed']);
  });

  it('takes an override as the handler its base declared, under the name of the class that runs', async () => {
    const ran: string[] = [];
    abstract class Base {
      @On('escrow.created')
      plain() {
        ran.push('base plain');
      }
      @On('escrow.created')
      redeclared() {}
    }
    @Injectable()
    class First extends Base {
      override plain() {
        ran.push('override');
      }
      @On('agent.score.changed')
      override redeclared() {}
    }
    @Injectable()
    class Second extends Base {}
    const { registry } = await boot({ providers: [First, Second] });
    registry.discover([{ name: 'armalo' }]);

    expect(names(registry).sort()).toEqual([
      'First.plain',
      'First.redeclared',
      'Second.plain',
      'Second.redeclared',
    ]);
    const first = registry.all().find((handler) => handler.name === 'First.redeclared');
    expect(first?.patterns).toEqual(['agent.score.changed']);
    for (const handler of registry.all()) await handler.invoke({}, context);
    expect(ran.sort()).toEqual(['base plain', 'override']);
  });

  it('finds what factories make, an alias once, and passes over null, primitives and getters', async () => {
    class Made {
      get trap(): never {
        throw new Error('a getter was invoked');
      }
      @On('escrow.created')
      handle() {}
    }
    const { registry } = await boot({
      providers: [
        { provide: 'factory', useFactory: async () => new Made() },
        { provide: 'alias', useExisting: 'factory' },
        { provide: 'nothing', useValue: null },
        { provide: 'undefined', useFactory: () => undefined },
        { provide: 'text', useValue: 'text' },
        { provide: 'bare', useValue: Object.create(null) as object },
      ],
    });
    registry.discover([{ name: 'armalo' }]);
    expect(names(registry)).toEqual(['Made.handle']);
  });

  it('runs a class that two modules provide once, and says so', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    @Injectable()
    class Shared {
      @On()
      handle() {}
    }
    @Module({ providers: [Shared] })
    class FirstModule {}
    @Module({ providers: [Shared], imports: [FirstModule] })
    class SecondModule {}
    const { registry } = await boot({ imports: [FirstModule, SecondModule, FirstModule] });
    registry.discover([{ name: 'armalo' }]);

    expect(names(registry)).toEqual(['Shared.handle']);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/FirstModule.*SecondModule|SecondModule.*FirstModule/);
  });

  it('keeps the handlers of two applications in one process apart', async () => {
    @Injectable()
    class Handlers {
      @On()
      handle() {}
    }
    const one = await boot({ providers: [Handlers] });
    const other = await boot({});
    one.registry.discover([{ name: 'armalo' }]);
    other.registry.discover([{ name: 'armalo' }]);
    expect(names(one.registry)).toEqual(['Handlers.handle']);
    expect(names(other.registry)).toEqual([]);
  });
});

describe('a handler with a dto', () => {
  it('gets an instance for its event, or says in what the payload does not fit', async () => {
    @Injectable()
    class Handlers {
      @On(['escrow.created', 'escrow.dispute.opened'], { dto: Escrow })
      typed(_event: { data: Escrow }) {}
      @On('escrow.created')
      plain() {}
    }
    const { registry } = await boot({ providers: [Handlers] });
    registry.discover([{ name: 'armalo' }]);
    const [typed, plain] = registry.handlersFor('armalo', 'escrow.created');
    const sent = { event: 'escrow.created', trace: 't', data: { amount: 3, more: 1 } };

    const reading = (await typed?.withDto?.(sent)) as { event: typeof sent };
    expect(reading.event).toEqual({ ...sent, data: Object.assign(new Escrow(), sent.data) });
    expect(reading.event.data).toBeInstanceOf(Escrow);
    expect(await typed?.withDto?.({ ...sent, data: { amount: 'CANARY' } })).toEqual({
      problems: ['data.amount breaks isInt'],
    });
    expect(await typed?.withDto?.({ event: 'escrow.created' })).toEqual({
      problems: ['data must be an object'],
    });
    expect(plain).not.toHaveProperty('withDto');
  });

  it('is warned of where the class has no rules, as is nothing else', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    class Bare {
      amount: number;
    }
    class Derived extends Escrow {}
    @Injectable()
    class Handlers {
      @On('escrow.created', { dto: Bare })
      bare(_event: { data: Bare }) {}
      @On('escrow.created', { dto: Derived })
      derived(_event: { data: Derived }) {}
    }
    const { registry } = await boot({ providers: [Handlers] });
    registry.discover([{ name: 'armalo' }]);
    expect(registry.all()).toHaveLength(2);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^Bare, the `dto` of Handlers\.bare, has no decorator of class-valid/,
        ),
      ],
    ]);
  });
});

describe('request-scoped handlers', () => {
  it('are made afresh for each event, with the event as their request, in providers and controllers', async () => {
    const made: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class EventOfRequest {
      constructor(@Inject(REQUEST) readonly request: { armoxArmaloEvent: unknown }) {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class Direct {
      @On('escrow.created')
      handle() {
        made.push(this);
      }
    }
    @Injectable()
    class ByDependency {
      constructor(private readonly current: EventOfRequest) {}
      @On('escrow.created')
      handle() {
        made.push(this.current.request.armoxArmaloEvent);
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      @On('escrow.created')
      handle() {
        made.push(this);
      }
    }
    @Controller({ scope: Scope.REQUEST })
    class ScopedController {
      constructor(private readonly current: EventOfRequest) {}
      @On('escrow.created')
      handle() {
        made.push(this.current.request.armoxArmaloEvent);
      }
    }
    const { registry } = await boot({
      providers: [EventOfRequest, Direct, ByDependency, Transient],
      controllers: [ScopedController],
    });
    registry.discover([{ name: 'armalo' }]);
    const found = registry.handlersFor('armalo', 'escrow.created');
    expect(found).toHaveLength(4);

    for (const handler of found) await handler.invoke('first', context);
    for (const handler of found) await handler.invoke('second', context);
    expect(made).toHaveLength(8);
    expect(made[0]).toBeInstanceOf(Direct);
    expect(made[4]).not.toBe(made[0]);
    expect(made[2]).toBeInstanceOf(Transient);
    expect(made[6]).not.toBe(made[2]);
    expect([made[1], made[3], made[5], made[7]]).toEqual(['first', 'first', 'second', 'second']);
  });
});

describe('lazily loaded modules', () => {
  it('are seen as soon as their instances are made, request-scoped ones too, without a second scan after', async () => {
    let finish = () => {};
    const slow = new Promise<void>((resolve) => (finish = resolve));
    const ran: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {}
    @Injectable()
    class NeedsScoped {
      constructor(readonly scoped: Scoped) {}
      @On('escrow.created')
      handle() {
        ran.push(this.scoped);
      }
    }
    class Late {
      @On('escrow.created')
      handle() {
        ran.push('late');
      }
    }
    @Module({
      providers: [
        Scoped,
        NeedsScoped,
        { provide: 'slow', useFactory: async () => (await slow, new Late()) },
      ],
    })
    class LazyModule {}

    const { app, registry } = await boot({});
    registry.discover([{ name: 'armalo' }]);
    expect(registry.handlersFor('armalo', 'escrow.created')).toEqual([]);

    const loading = app.get(LazyModuleLoader).load(() => LazyModule, { logger: false });
    await new Promise(setImmediate);
    const early = registry.handlersFor('armalo', 'escrow.created').map((handler) => handler.name);
    expect(early).not.toContain('Late.handle');
    finish();
    await loading;

    const found = registry.handlersFor('armalo', 'escrow.created');
    expect(found.map((handler) => handler.name).sort()).toEqual([
      'Late.handle',
      'NeedsScoped.handle',
    ]);
    for (const handler of found) await handler.invoke({}, context);
    expect(ran).toEqual(expect.arrayContaining(['late', expect.any(Scoped)]));

    const explore = jest.spyOn(app.get(HandlerExplorer), 'explore');
    registry.handlersFor('armalo', 'escrow.created');
    expect(explore).not.toHaveBeenCalled();
  });

  it('with a handler that cannot be taken do not fail the events of others', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    @Injectable()
    class Handlers {
      @On('escrow.created')
      handle() {}
    }
    const Same = { Handlers: class Handlers extends (class {} as Type) {} }.Handlers;
    On('escrow.created', { name: 'Handlers.handle' })(
      Same.prototype as object,
      'other',
      method(Same, 'other'),
    );
    @Module({ providers: [Same] })
    class LazyModule {}
    const { app, registry } = await boot({ providers: [Handlers] });
    registry.discover([{ name: 'armalo' }]);
    await app.get(LazyModuleLoader).load(() => LazyModule, { logger: false });

    expect(registry.handlersFor('armalo', 'escrow.created')).toHaveLength(1);
    expect(error.mock.calls.map(([message]) => String(message)).join()).toMatch(
      /Two handlers.*left out/,
    );
  });
});

describe('what is refused at boot', () => {
  const refused = async (providers: Provider[], sources = ['armalo']) => {
    const { registry } = await boot({ providers });
    return expect(() => registry.discover(sources.map((name) => ({ name }))));
  };

  it('two handlers of one name, with both places and the cure', async () => {
    @Injectable()
    class One {
      @On('escrow.created', { name: 'freeze' })
      first() {}
    }
    @Injectable()
    class Two {
      @On('agent.score.changed', { name: 'freeze' })
      second() {}
      // Another source's events are counted apart.
      @OnOther('job.completed', { name: 'freeze' })
      third() {}
    }
    const attempt = await refused([One, Two], ['armalo', 'armox']);
    attempt.toThrow(/"freeze": One\.first \(in RootModule\) and Two\.second.*option `name`/);
  });

  it('a handler of a service that the options leave out, naming the option', async () => {
    @Injectable()
    class Handlers {
      @OnOther('job.completed')
      publish() {}
    }
    const attempt = await refused([Handlers]);
    attempt.toThrow(/Handlers\.publish.*option `armox`/);
  });

  it('a handler that skips stale events of a service that does not order them', async () => {
    @Injectable()
    class Handlers {
      @On('agent.score.changed', { stale: 'skip' })
      follow() {}
    }
    (await refused([Handlers])).toThrow(/Handlers\.follow.*no `armalo\.orderingKey`/);
    const { registry } = await boot({ providers: [Handlers] });
    registry.discover([{ name: 'armalo', ordered: true }]);
    expect(names(registry)).toEqual(['Handlers.follow']);
  });

  it.each<[string, object, string]>([
    ['no timeout', { timeout: 0 }, '.timeout`: must be a whole number of milliseconds from 100 to'],
    ['a timeout that is no number', { timeout: NaN }, '.timeout`: must be a whole number of'],
    ['a timeout as a text', { timeout: '10s' }, '.timeout`: must be a whole number of'],
    [
      'a retry that does not grow',
      { retry: { factor: 0 } },
      '.retry.factor`: must be a number from 1',
    ],
    [
      'no attempts',
      { retry: { attempts: 0 } },
      '.retry.attempts`: must be a whole number of attempts',
    ],
    [
      'a slip',
      { retry: { attempt: 3 } },
      '.retry.attempt`: there is no such option. Did you mean `attempts`?',
    ],
    ['one of another object', { attempts: 3 }, 'Did you mean `Handlers.handle.retry.attempts`?'],
    [
      'a name that no column holds',
      { name: 'a'.repeat(256) },
      '.name`: must be a text of 1 to 255',
    ],
    [
      'a word that is no choice',
      { transactional: 'yes' },
      ".transactional`: must be true, false or 'grouped'",
    ],
    ['another word for stale', { stale: true }, ".stale`: must be 'skip'; it is true"],
    [
      'a dto that is a schema',
      { dto: { amount: 'number' } },
      '.dto`: must be a class with the decorators of class-validator; it is an object.',
    ],
    ['a dto that gives the class', { dto: () => Escrow }, '.dto`: must be a class'],
    ['a dto that is not there yet', { dto: undefined }, '.dto`: is undefined. Files that import'],
  ])('an option of a handler that cannot be meant: %s', async (_, options, message) => {
    @Injectable()
    class Handlers {
      @On('escrow.created', options)
      handle() {}
    }
    (await refused([Handlers])).toThrow(message);
    (await refused([Handlers])).toThrow(/^Option `Handlers\.handle\./);
  });

  it('a static method, and stacked decorators that contradict each other', async () => {
    @Injectable()
    class Contradicting {
      @On('escrow.created', { timeout: 500 })
      @On('agent.score.changed', { timeout: 600 })
      handle() {}
    }
    (await refused([Contradicting])).toThrow(/Contradicting\.handle.*`timeout` twice/);

    @Injectable()
    class HalfTyped {
      @On('escrow.created', { dto: Escrow })
      @On('agent.score.changed')
      handle(_event: object) {}
    }
    (await refused([HalfTyped])).toThrow(/HalfTyped\.handle.*each of them the same `dto`/);

    @Injectable()
    class Static {
      @On()
      static handle() {}
    }
    (await refused([Static])).toThrow(/Static\.handle is static/);
  });
});

function method(owner: Type, name: string): TypedPropertyDescriptor<() => void> {
  const descriptor = { value: () => {}, configurable: true, writable: true };
  Object.defineProperty(owner.prototype, name, descriptor);
  return descriptor;
}
