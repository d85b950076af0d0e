import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsISO8601,
  IsOptional,
  IsString,
  MaxLength,
  registerDecorator,
  ValidateNested,
} from 'class-validator';
import {
  type ArmaloEvent,
  type ArmoxEvent,
  type DeadEvent,
  OnArmaloEvent,
  OnArmoxEvent,
  OnDeadEvent,
} from 'nestjs-armox-armalo';
import { armaloRequest, armoxRequest } from '../../lib/testing/index.js';
import { eventually } from '../child.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';
import { Application, ARMALO_SECRET, ARMOX_SECRET } from './application.js';

class Condition {
  @IsString()
  type: string;

  @IsIn(['critical', 'major'], { message: '$value is no severity' })
  severity: string;

  isCritical(): boolean {
    return this.severity === 'critical';
  }
}

class PactViolated {
  @IsString()
  @MaxLength(20)
  pactId: string;

  @ValidateNested()
  @Type(() => Condition)
  condition: Condition;
}

class Upscaled {
  @IsString()
  outputImage: string;
}

class UpscaledJob {
  @IsString()
  id: string;

  @IsOptional()
  @IsISO8601()
  completed_at?: string;

  @ValidateNested()
  @Type(() => Upscaled)
  output: Upscaled;
}

class KnownAgent {
  agentId: string;
}

let registryIsDown = false;
registerDecorator({
  name: 'isKnown',
  target: KnownAgent,
  propertyName: 'agentId',
  async: true,
  validator: {
    validate: async (id: unknown) => {
      await Promise.resolve();
      if (registryIsDown) throw new Error('The registry is down.');
      return id === 'a_1';
    },
  },
});

let events: { data: PactViolated }[] = [];
let jobs: UpscaledJob[] = [];
let ran: string[] = [];
let dead: DeadEvent[] = [];

@Injectable()
class Before {
  @OnArmaloEvent('pact.violated')
  plain({ data }: ArmaloEvent<'pact.violated'>) {
    ran.push(`plain ${data.constructor.name}`);
    delete data.condition;
  }
}

@Injectable()
class Typed {
  @OnArmaloEvent('pact.violated', { dto: PactViolated, transactional: true })
  freeze(event: ArmaloEvent<'pact.violated', PactViolated>) {
    ran.push('freeze');
    events.push(event);
  }

  @OnArmoxEvent('job.completed', { dto: UpscaledJob })
  publish({ job }: ArmoxEvent<'job.completed', UpscaledJob>) {
    jobs.push(job);
  }

  @OnArmaloEvent('agent.registered', { dto: KnownAgent, retry: { delay: 1, jitter: 0 } })
  greet({ data }: ArmaloEvent<'agent.registered', KnownAgent>) {
    ran.push(`greet ${data.agentId}`);
  }
}

@Injectable()
class After {
  @OnArmaloEvent('pact.violated')
  tell() {
    ran.push('tell');
  }
}

@Injectable()
class Pager {
  @OnDeadEvent()
  page(event: DeadEvent) {
    dead.push(event);
  }
}

/** The next release, in which the severities have been mended. */
class MendedCondition {
  @IsIn(['critical', 'major', 'CANARY'])
  severity: string;
}

class MendedPactViolated {
  @IsString()
  pactId: string;

  @ValidateNested()
  @Type(() => MendedCondition)
  condition: MendedCondition;
}

@Injectable()
class MendedTyped {
  @OnArmaloEvent('pact.violated', { dto: MendedPactViolated, name: 'Typed.freeze' })
  freeze({ data }: ArmaloEvent<'pact.violated', MendedPactViolated>) {
    ran.push(`mended ${data.condition.constructor.name}`);
  }
}

const timestamp = '2026-11-22T10:00:00.000Z';
const condition = { type: 'latency', severity: 'critical' };

for (const kind of await availableDatabases()) {
  describeOn(kind, 'A payload class of the application', () => {
    let database: TestDatabase;
    let app: Application;

    const start = (typed: typeof Typed | typeof MendedTyped) =>
      Application.start({
        database,
        providers: [Before, typed, After, Pager],
        options: { worker: { pollInterval: 20 } },
      });

    beforeAll(async () => {
      database = await kind.create();
      app = await start(Typed);
    });

    beforeEach(() => {
      [events, jobs, ran, dead] = [[], [], [], []];
      registryIsDown = false;
    });

    afterAll(async () => {
      await app?.close();
      await database?.drop();
    });

    const deliver = async (event: string, data: object | string) => {
      const body =
        typeof data === 'string'
          ? `{"event":"${event}","timestamp":"${timestamp}","data":${data}}`
          : { event, timestamp, data };
      const answer = await app.post('/webhooks/armalo', armaloRequest(body, ARMALO_SECRET));
      expect(answer.status).toBe(200);
      return { eventId: String(answer.body['id']) };
    };

    it('is what the handler gets an instance of, nested classes too, and the others get plain objects', async () => {
      await deliver('pact.violated', { pactId: 'p_1', condition, region: 'eu' });
      await app.settled();
      expect(ran).toEqual(['plain Object', 'freeze', 'tell']);
      const [event] = events;
      expect(event).toMatchObject({ event: 'pact.violated', timestamp, data: { region: 'eu' } });
      expect(event?.data).toBeInstanceOf(PactViolated);
      expect(event?.data.condition).toBeInstanceOf(Condition);
      expect(event?.data.condition.isCritical()).toBe(true);
    });

    it('may stand for a job and its result', async () => {
      const job = { id: 'j_1', status: 'completed', output_data: { outputImage: 'https://a/1' } };
      const request = armoxRequest({ event: 'job.completed', job }, ARMOX_SECRET);
      expect((await app.post('/webhooks/armox', request)).status).toBe(200);
      await app.settled();
      expect(jobs[0]).toBeInstanceOf(UpscaledJob);
      expect(jobs[0]?.output).toBeInstanceOf(Upscaled);
      expect(jobs).toMatchObject([{ id: 'j_1', output: { outputImage: 'https://a/1' } }]);
    });

    it.each([
      ['a key called constructor', '{"constructor":{"prototype":{"polluted":1}},"pactId":"p"'],
      ['a key called __proto__', '{"__proto__":{"polluted":1},"pactId":"p"'],
    ])('is made of a payload with %s, and nothing else is touched', async (_what, beginning) => {
      await deliver('pact.violated', `${beginning},"condition":${JSON.stringify(condition)}}`);
      await app.settled();
      expect(events[0]?.data).toBeInstanceOf(PactViolated);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    });

    it('that a payload is nested too deeply for ends the event as dead, and the worker goes on', async () => {
      const deep = `${'['.repeat(250_000)}${']'.repeat(250_000)}`;
      const filter = await deliver('pact.violated', `{"pactId":"p","condition":${deep}}`);
      await app.settled();
      expect(await app.event(filter)).toMatchObject({
        state: 'dead',
        reason: 'invalid-payload',
        lastError: 'Typed.freeze: data is nested deeper than 100 levels',
      });
      expect(ran).toEqual(['plain Object']);
    });

    it('with an asynchronous rule decides when that answers, and a rule that throws is a failed attempt', async () => {
      const unknown = await deliver('agent.registered', { agentId: 'a_2' });
      await app.settled();
      expect(await app.event(unknown)).toMatchObject({
        state: 'dead',
        reason: 'invalid-payload',
        lastError: 'Typed.greet: data.agentId breaks isKnown',
      });

      registryIsDown = true;
      const known = await deliver('agent.registered', { agentId: 'a_1' });
      await eventually(
        () => app.event(known),
        ({ lastError }) => lastError?.includes('The registry is down.') ?? false,
      );
      registryIsDown = false;
      await app.settled();
      expect(await app.event(known)).toMatchObject({ state: 'done' });
      expect(ran).toEqual(['greet a_1']);
    });

    it('that a payload does not fit ends it as dead after one attempt, and a replay after the mend runs the rest', async () => {
      const wrong = { type: 'latency', severity: 'CANARY' };
      const filter = await deliver('pact.violated', { pactId: 'p_2', condition: wrong });
      await app.settled();
      expect(ran).toEqual(['plain Object']);
      const stored = await app.event(filter);
      const problem = 'data.condition.severity breaks isIn';
      expect(stored).toMatchObject({
        state: 'dead',
        reason: 'invalid-payload',
        attempts: 1,
        lastError: `Typed.freeze: ${problem}`,
      });
      const attempts = await app.store.attempts(stored.id);
      expect(attempts).toMatchObject([{ handler: 'Typed.freeze', attempt: 1, error: problem }]);
      await eventually(
        () => Promise.resolve(dead),
        ({ length }) => length > 0,
      );
      expect(dead).toMatchObject([{ reason: 'invalid-payload', handler: 'Typed.freeze' }]);
      expect(JSON.stringify([stored.lastError, attempts, dead])).not.toContain('CANARY');

      await app.close();
      app = await start(MendedTyped);
      expect(await app.store.replay({ id: stored.id })).toBe(1);
      await app.settled();
      expect(await app.event(filter)).toMatchObject({ state: 'done' });
      expect(ran).toEqual(['plain Object', 'mended MendedCondition', 'tell']);
      expect(await app.store.violations()).toEqual([]);
    });
  });
}
