import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Expose, Transform, Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Min,
  registerDecorator,
  ValidateNested,
} from 'class-validator';
import { payloadInstance, payloadProblems, ruledFields } from '../../lib/core/index.js';

class Condition {
  @IsString()
  type: string;

  @IsIn(['critical', 'minor'], { message: 'severity $value is none' })
  severity: string;

  isCritical(): boolean {
    return this.severity === 'critical';
  }
}

let made = 0;

class PactViolated {
  constructor() {
    made += 1;
  }

  @IsString()
  pactId: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Condition)
  condition?: Condition;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Condition)
  more?: Condition[];

  @IsOptional()
  @IsInt()
  @Min(1)
  count?: number;
}

const read = (value: unknown) => payloadInstance(PactViolated, value, 'data');
const sound = { type: 'latency', severity: 'minor' };
const MEBIBYTE = 2 ** 20;

describe('a payload that keeps the rules of its class', () => {
  it('is an instance of it, as what is nested in it is of its own class', async () => {
    const reading = await read({ pactId: 'p', condition: sound, more: [sound] });
    const { instance } = reading as { instance: PactViolated };
    expect(instance).toBeInstanceOf(PactViolated);
    expect(instance.condition).toBeInstanceOf(Condition);
    expect(instance.more?.[0]).toBeInstanceOf(Condition);
    expect(instance.condition?.isCritical()).toBe(false);
  });

  it('keeps the fields that the class does not list, and is a copy', async () => {
    const value = { pactId: 'p', region: { name: 'eu', list: [1, { a: null }] } };
    const { instance } = (await read(value)) as { instance: PactViolated };
    expect({ ...instance }).toMatchObject(value);
    expect(Reflect.get(instance, 'region')).not.toBe(value.region);
  });

  it('is renamed and transformed as the decorators of class-transformer say', async () => {
    class Renamed {
      @Expose({ name: 'pact_id' })
      @IsString()
      pactId: string;

      @Type(() => Date)
      at: Date;
    }
    const value = { pact_id: 'p', at: '2026-03-16T10:05:00.000Z' };
    const reading = await payloadInstance(Renamed, value, 'data');
    expect(reading).toMatchObject({ instance: { pactId: 'p', at: new Date(value.at) } });
  });
});

describe('a payload that breaks a rule', () => {
  it('has problems with the names of its fields and rules, and without values', async () => {
    const wrong = { type: 'CANARY', severity: 'CANARY' };
    const value = { pactId: 5, condition: wrong, more: [sound, wrong, 'CANARY'], count: 0.5 };
    const { problems } = (await read(value)) as { problems: readonly string[] };
    expect(problems).toEqual([
      'data.pactId breaks isString',
      'data.condition.severity breaks isIn',
      'data.more.1.severity breaks isIn',
      'data.more.2 breaks nestedValidation',
      'data.count breaks min, isInt',
    ]);
  });

  it.each([[undefined], [null], ['text'], [7], [['a']]])('is one that is %j', async (value) => {
    expect(await read(value)).toEqual({ problems: ['data must be an object'] });
  });

  it('is one that a transformation throws for, of which the message is not told', async () => {
    class Amount {
      @Transform(({ value }) => BigInt(value as string))
      amount: bigint;
    }
    const reading = await payloadInstance(Amount, { amount: 'CANARY' }, 'data');
    expect(reading).toEqual({
      problems: [
        expect.stringMatching(/^data cannot be made an instance of Amount: SyntaxError at BigInt/),
      ],
    });
    expect(JSON.stringify(reading)).not.toContain('CANARY');
  });

  it('tells no field name that is the payload’s own and cannot be printed', async () => {
    class Lists {
      @ValidateNested()
      @Type(() => Condition)
      conditions: Map<string, Condition>;
    }
    const { problems } = (await payloadInstance(Lists, { conditions: { 'a\nb': {} } }, 'data')) as {
      problems: readonly string[];
    };
    expect(problems).toEqual(['data.conditions.….type breaks isString', expect.any(String)]);
  });
});

describe('an asynchronous rule', () => {
  const known = (answer: (id: unknown) => Promise<boolean>) => {
    class Known {
      pactId: string;
    }
    registerDecorator({
      name: 'isKnown',
      target: Known,
      propertyName: 'pactId',
      async: true,
      validator: { validate: answer },
    });
    return Known;
  };

  it('is waited for', async () => {
    const type = known((id) => Promise.resolve(id === 'p'));
    expect(await payloadInstance(type, { pactId: 'p' }, 'data')).toHaveProperty('instance');
    expect(await payloadInstance(type, { pactId: 'q' }, 'data')).toEqual({
      problems: ['data.pactId breaks isKnown'],
    });
  });

  it('that throws says nothing of the payload', async () => {
    const type = known(() => Promise.reject(new Error('The registry is down.')));
    await expect(payloadInstance(type, { pactId: 'p' }, 'data')).rejects.toThrow('registry');
  });
});

describe('a hostile payload', () => {
  const nested = (opening: string, closing: string) => {
    const levels = Math.floor(MEBIBYTE / (opening.length + closing.length));
    return JSON.parse(
      `{"pactId":"p","deep":${opening.repeat(levels)}0${closing.repeat(levels)}}`,
    ) as object;
  };
  const ofKeys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));

  it.each([
    ['lists', nested('[', ']')],
    ['objects', nested('{"a":', '}')],
  ])('of one MiB of nested %s has a problem, and nothing is made of it', async (_what, value) => {
    made = 0;
    expect(await read(value)).toEqual({ problems: ['data is nested deeper than 100 levels'] });
    expect(made).toBe(0);
  });

  it('may be nested as deep as the bound', async () => {
    const levels = (count: number) =>
      JSON.parse(`{"pactId":"p","deep":${'['.repeat(count)}${']'.repeat(count)}}`) as object;
    expect(await read(levels(99))).toHaveProperty('instance');
    expect(await read(levels(100))).toHaveProperty('problems');
  });

  it.each([
    ['keys', ofKeys(100_000)],
    ['empty lists', Array.from({ length: 300_000 }, () => [])],
    ['numbers', Array.from({ length: 500_000 }, () => 1)],
  ])('of one MiB of %s has a problem, and nothing is made of it', async (_what, many) => {
    made = 0;
    const problems = ['data holds more than 10,000 values'];
    expect(await read({ pactId: 'p', many })).toEqual({ problems });
    expect(await read({ pactId: 'p', ...many })).toEqual({ problems });
    expect(made).toBe(0);
  });

  it.each(['constructor', '__proto__', 'prototype'])(
    'with %s as a key, at the top or nested, is an instance without it, and changes no prototype',
    async (key) => {
      for (const poison of ['{"polluted":true}', '[]', '"x"', 'null']) {
        const inner = `{"${key}":${poison},"type":"latency","severity":"minor"}`;
        const value = JSON.parse(
          `{"${key}":${poison},"pactId":"p","condition":${inner},"more":[${inner}],"other":${inner}}`,
        ) as object;
        const { instance } = (await read(value)) as { instance: PactViolated };
        expect(instance).toBeInstanceOf(PactViolated);
        expect(instance.condition).toBeInstanceOf(Condition);
        expect(instance.more?.[0]).toBeInstanceOf(Condition);
        expect(Object.getPrototypeOf(Reflect.get(instance, 'other'))).toBe(Object.prototype);
        for (const one of [instance, instance.condition, Reflect.get(instance, 'other')]) {
          expect(Object.keys(one as object)).not.toContain(key);
          expect(Reflect.get(one as object, 'polluted')).toBeUndefined();
        }
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );

  it('cannot put a value in the place of a method', async () => {
    const condition = { ...sound, isCritical: 1, toString: 1, hasOwnProperty: 1 };
    const { instance } = (await read({ pactId: 'p', condition })) as { instance: PactViolated };
    expect(instance.condition?.isCritical()).toBe(false);
    expect(Object.keys(instance.condition ?? {}).sort()).toEqual(['severity', 'type']);
  });

  it('does not hide behind an unsafe key that a rule asks for', async () => {
    expect(await read(JSON.parse('{"__proto__":{"pactId":"p"}}'))).toEqual({
      problems: ['data.pactId breaks isString'],
    });
  });
});

describe('the check of a documented payload', () => {
  it('looks at the fields that have rules, however large the others are', () => {
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, at]));
    let deep: unknown[] = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(payloadProblems(PactViolated, { pactId: 'p', deep, ...wide }, 'data')).toEqual([]);
    expect(payloadProblems(PactViolated, { pactId: deep }, 'data')).toEqual([
      'data is nested deeper than 100 levels',
    ]);
  });

  it('follows nested classes', () => {
    const condition = { type: 1, severity: 'minor' };
    expect(payloadProblems(PactViolated, { pactId: 'p', condition }, 'data')).toEqual([
      'data.condition.type breaks isString',
    ]);
  });
});

it('the fields with rules are those of the class and of what it extends', () => {
  class Further extends Condition {
    @IsString()
    place: string;
    note: string;
  }
  class Bare {
    note: string;
  }
  expect([...ruledFields(Further)].sort()).toEqual(['place', 'severity', 'type']);
  expect(ruledFields(Bare)).toEqual([]);
});
