import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ARMALO_SIGNATURE_HEADER, ARMOX_SIGNATURE_HEADER } from 'nestjs-armox-armalo';
import { signArmalo, signArmox } from 'nestjs-armox-armalo/testing';
import type { DatabaseKind } from '../databases.js';
import { ARMALO_PATH, ARMOX_PATH, completion, violation } from './deliveries.js';
import { Effect } from './effects.js';
import { Fleet } from './fleet.js';
import { Ground } from './ground.js';
import { NASTY_JSON, NAUGHTY } from './nasty.js';
import type { Scenario, World } from './scenario.js';
import { ARMALO_SECRET, ARMOX_SECRET } from './secrets.js';
import type { Random } from './seed.js';
import { Sender, type RawRequest } from './sender.js';

const MEBIBYTE = 1_048_576;
const MOST_GROWTH = 300 * MEBIBYTE;

/** Some of the texts fit no column of the application's; their events end dead, and soon. */
const WORKER = { retry: { attempts: 2, delay: 10, factor: 1 } };

interface Service {
  readonly path: string;
  readonly sign: (body: Buffer) => RawRequest;
}

const signed = (body: Buffer, header: string, signature: string): RawRequest => ({
  headers: { 'content-type': 'application/json', [header]: signature },
  body,
});

const SERVICES: readonly Service[] = [
  {
    path: ARMALO_PATH,
    sign: (body) => signed(body, ARMALO_SIGNATURE_HEADER, signArmalo(body, ARMALO_SECRET)),
  },
  {
    path: ARMOX_PATH,
    sign: (body) => signed(body, ARMOX_SIGNATURE_HEADER, signArmox(body, ARMOX_SECRET)),
  },
];

/** What no service sends, and anybody can: the answer is never 5xx, and the process lives on. */
export const badInput: Scenario = {
  name: 'bad-input',
  about: 'nasty JSON, naughty strings, mutated requests, slow and broken HTTP',
  databases: ['sqlite', 'postgres', 'mariadb'],
  async run(world: World, kind: DatabaseKind) {
    const { findings, random, short } = world;
    const ground = await Ground.create(kind);
    const fleet = new Fleet();
    const sender = new Sender(fleet.ports, random);
    try {
      const replica = fleet.start({ ...ground.replica, name: 'replica', worker: WORKER });
      if (!(await replica.ready())) throw new Error('The replica does not start.');
      const port = replica.port ?? 0;
      await sender.deliver(violation('before'));
      const before = await replica.memory();
      const target: Target = { port, sender, world };
      await nasty(target);
      await naughty(target);
      const mutations = short ? 2_000 : 10_000;
      await mutated(target, mutations);
      const broken = await brokenHttp(target, short ? 60 : 500);
      await sender.deliver(violation('after'));
      findings.check(await ground.drained(60_000), 'the inbox did not drain within a minute');
      const grown = (await replica.memory()) - before;
      findings.check(grown < MOST_GROWTH, `memory grew by ${Math.round(grown / MEBIBYTE)} MiB`);
      findings.check(!replica.exited, 'the process has exited');
      await fleet.terminate();
      const effects = await ground.tally(Effect);
      for (const name of ['before', 'after']) {
        if (!effects.has(name)) findings.lost(name, 'its effect');
        else if (effects.get(name) !== 1) findings.doubled(name, `${effects.get(name)} effects`);
      }
      for (const { id, problem } of await ground.store.violations()) {
        findings.violation(`#${id} ${problem}`);
      }
      for (const error of [...fleet.unhandled(), ...sender.wrong]) findings.wrong(error);
      findings.figure('bodies', (NASTY_JSON.length + NAUGHTY.length) * 4);
      findings.figure('mutations', mutations);
      findings.figure('broken connections', broken);
      findings.figure('MiB memory growth', Math.round(grown / MEBIBYTE));
    } finally {
      await fleet.kill();
      sender.close();
      await ground.close();
    }
  },
};

interface Target {
  readonly port: number;
  readonly sender: Sender;
  readonly world: World;
}

const unsigned = ({ headers, ...rest }: RawRequest): RawRequest => ({
  ...rest,
  headers: { 'content-type': headers['content-type'] ?? 'application/json' },
});

/** @param allowed statuses; a 5xx is noted by the sender in any case */
async function expectAnswer(
  { port, sender, world }: Target,
  path: string,
  request: RawRequest,
  allowed: readonly number[],
  what: string,
): Promise<void> {
  const { status } = await sender.post(port, path, request);
  world.findings.check(allowed.includes(status), `${what} on ${path}: answered ${status}`);
}

async function nasty(target: Target): Promise<void> {
  for (const text of NASTY_JSON) {
    const body = Buffer.isBuffer(text) ? text : Buffer.from(text);
    for (const { path, sign } of SERVICES) {
      const shown = body.subarray(0, 60).toString();
      await expectAnswer(target, path, sign(body), [200, 400], `signed ${shown}`);
      await expectAnswer(target, path, unsigned(sign(body)), [401], `unsigned ${shown}`);
    }
  }
}

async function naughty(target: Target): Promise<void> {
  for (const text of NAUGHTY) {
    const shown = JSON.stringify(text.slice(0, 40));
    for (const { path, request } of [
      violation(text, { agentId: text, [text]: text }),
      completion(text, { [text]: text }),
    ]) {
      await expectAnswer(target, path, request, [200, 400], `naughty ${shown}`);
      await expectAnswer(target, path, unsigned(request), [401], `unsigned naughty ${shown}`);
    }
  }
}

/** One in three is signed after it was changed, so that it reaches what is behind the signature. */
async function mutated(target: Target, count: number): Promise<void> {
  const { random } = target.world;
  let next = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let index = next++; index < count; index = next++) {
        const service = index % 2;
        const { path, request } =
          service === 0 ? violation(`m-${index}`) : completion(`m-${index}`);
        const original = Buffer.from(request.body);
        const body = mutate(original, random);
        if (body.equals(original)) continue;
        const signed = index % 3 === 0;
        const changed = signed ? (SERVICES[service] as Service).sign(body) : { ...request, body };
        await expectAnswer(target, path, changed, signed ? [200, 400] : [401], 'a mutation');
      }
    }),
  );
}

function mutate(body: Buffer, random: Random): Buffer {
  const at = random.below(body.length);
  switch (random.below(5)) {
    case 0: {
      const flipped = Buffer.from(body);
      flipped.writeUInt8((body[at] ?? 0) ^ (1 << random.below(8)), at);
      return flipped;
    }
    case 1:
      return Buffer.concat([body.subarray(0, at), body.subarray(at + 1)]);
    case 2:
      return Buffer.concat([
        body.subarray(0, at),
        Buffer.from([random.below(256)]),
        body.subarray(at),
      ]);
    case 3:
      return body.subarray(0, at);
    default: {
      const to = at + random.below(body.length - at);
      return Buffer.concat([body.subarray(0, to), body.subarray(at)]);
    }
  }
}

/** Connections that are slow, lie about their length, break off, or send what is not HTTP. */
async function brokenHttp(target: Target, times: number): Promise<number> {
  const { port, sender, world } = target;
  const { body, headers } = violation('broken').request;
  const head = (more: Record<string, string>): string =>
    [
      `POST ${ARMALO_PATH} HTTP/1.1`,
      'Host: localhost',
      ...Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}`),
      '\r\n',
    ].join('\r\n');
  const bomb = gzipSync(Buffer.alloc(50 * MEBIBYTE));
  const sendings: readonly (readonly (string | Buffer)[])[] = [
    ['POST /web'],
    [head({ 'content-length': String(body.length) }).slice(0, 80)],
    [head({ 'content-length': String(body.length + 50) }), body],
    [head({ 'content-length': '10' }), body],
    [head({ 'content-length': '-5' }), body],
    [head({ 'content-length': '99999999999' }), body],
    [head({ 'transfer-encoding': 'chunked' }), 'zz\r\nnot a chunk\r\n'],
    [head({ 'transfer-encoding': 'chunked' }), '5\r\nhel'],
    [head({ 'transfer-encoding': 'chunked', 'content-length': '5' }), '0\r\n\r\n'],
    [head({ 'content-length': String(2 * MEBIBYTE) }), Buffer.alloc(2 * MEBIBYTE, 120)],
    [head({ 'content-length': String(bomb.length), 'content-encoding': 'gzip' }), bomb],
    [head({ 'content-length': '4', 'content-encoding': 'gzip' }), 'nope'],
    [head({ 'content-length': '4', 'content-encoding': 'x'.repeat(500) }), 'nope'],
    [head({ 'content-length': '4', expect: '100-continue' })],
    [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00])],
    [`${'GET / HTTP/1.1\r\n'.repeat(3)}\r\n`],
  ];
  const sockets = Array.from({ length: times }, (_, index) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const answered: Buffer[] = [];
    socket.on('data', (data: Buffer) => answered.push(data));
    for (const part of sendings[index % sendings.length] ?? []) socket.write(part);
    return { socket, answered };
  });
  await pause(300);
  // Those that hang must not keep anybody else from being heard.
  for (let time = 0; time < 20; time += 1) {
    const { path, request } = violation(`beside-${time}`);
    const answer = await sender.post(port, path, request);
    world.findings.check(answer.status === 200, `beside broken connections: ${answer.status}`);
    world.findings.check(answer.took < 3_000, `beside broken connections: ${answer.took} ms`);
  }
  for (const { socket, answered } of sockets) {
    const text = Buffer.concat(answered).toString('latin1');
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
    if (status?.startsWith('5')) world.findings.wrong(`broken HTTP answered ${text.slice(0, 200)}`);
    socket.destroy();
  }
  await pause(100);
  return times;
}
