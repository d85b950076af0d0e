import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { completion, violation } from './deliveries.js';
import { Fleet, type Replica } from './fleet.js';
import { Ground } from './ground.js';
import type { Scenario, World } from './scenario.js';
import type { Random } from './seed.js';
import { Sender, type Delivery } from './sender.js';

const SENDERS = 24;
/** Milliseconds for which one event is sent again and again. */
const PATIENCE = 600_000;
const WORKER = {
  lease: 1_000,
  pollInterval: 100,
  // Here processes die of what is no event's fault, and a hundred times as often as anywhere else.
  maxStalledCount: 1_000,
  retry: { delay: 50, factor: 1, attempts: 1_000 },
};

/** `kill -9` at random times while events with duplicates come in, out of order. */
export const crashSoak: Scenario = {
  name: 'crash-soak',
  about: 'kill -9 at random times under load',
  databases: ['sqlite', 'postgres', 'mariadb'],
  async run({ short, random, findings }: World, kind: DatabaseKind) {
    const ground = await Ground.create(kind);
    const fleet = new Fleet();
    const sender = new Sender(fleet.ports, random);
    // SQLite is for one process.
    const size = kind.name === 'sqlite' ? 1 : 3;
    const start = (index: number) =>
      fleet.start({ ...ground.replica, name: `replica-${index}`, worker: WORKER });
    const replicas = Array.from({ length: size }, (_, index) => start(index));
    const wanted = short ? 4 : 200;
    const events = wanted * 150;
    const { deliveries, effects, runs } = load(events, random);
    let kills = 0;

    const sendAll = async (): Promise<void> => {
      let next = 0;
      const allowed = () => ((kills + 1) * deliveries.length) / (wanted + 1);
      await Promise.all(
        Array.from({ length: SENDERS }, async () => {
          for (let index = next++; index < deliveries.length; index = next++) {
            while (index > allowed()) await pause(5);
            await sender.deliver(deliveries[index] as Delivery, Date.now() + PATIENCE);
          }
        }),
      );
    };
    const killAll = async (): Promise<void> => {
      while (kills < wanted) {
        const index = random.below(size);
        const victim = replicas[index] as Replica;
        if (!(await victim.ready())) throw new Error('A replica does not start.');
        // A process that lives alone needs time to answer anybody at all.
        await pause(random.below(size === 1 ? 1_000 : 300));
        await victim.kill();
        kills += 1;
        replicas[index] = start(index);
      }
    };
    try {
      await Promise.all([sendAll(), killAll()]);
      findings.check(await ground.drained(120_000), 'the inbox did not drain within two minutes');
      await fleet.terminate();
      await ground.judge(findings, { acknowledged: sender.acknowledged, effects, runs });
      for (const error of [...fleet.unhandled(), ...sender.wrong]) findings.wrong(error);
      findings.figure('events', events);
      findings.figure('deliveries', deliveries.length);
      findings.figure('kills', kills);
    } finally {
      await fleet.kill();
      sender.close();
      await ground.close();
    }
  },
};

/** Each event is sent once, twice or three times; two thirds are for the transactional handler. */
function load(events: number, random: Random) {
  const effects = new Set<string>();
  const runs = new Set<string>();
  const deliveries: Delivery[] = [];
  for (let index = 0; index < events; index += 1) {
    const transactional = index % 3 !== 0;
    const name = `${transactional ? 'pact' : 'job'}-${index}`;
    (transactional ? effects : runs).add(name);
    const delivery = transactional ? violation(name) : completion(name);
    const copies = 1 + Math.max(0, random.below(5) - 2);
    for (let copy = 0; copy < copies; copy += 1) deliveries.push(delivery);
  }
  return { deliveries: random.shuffled(deliveries), effects, runs };
}
