import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { Fleet, type Replica } from './fleet.js';
import { Ground } from './ground.js';
import type { ReplicaOptions } from './replica.options.js';
import type { World } from './scenario.js';
import { Sender, type Delivery } from './sender.js';

const WORKER = { lease: 1_000, pollInterval: 100, retry: { delay: 50, factor: 1 } };
const DRAINED = 30_000;

/** A database, the replicas on it and their sender, for one bad day. */
export class Stage {
  readonly effects = new Set<string>();
  readonly runs = new Set<string>();
  readonly exactRuns = new Map<string, number>();
  readonly fleet = new Fleet();
  readonly sender: Sender;

  constructor(
    readonly world: World,
    readonly ground: Ground,
  ) {
    this.sender = new Sender(this.fleet.ports, world.random);
  }

  start(name: string, options: Partial<ReplicaOptions> = {}): Replica {
    return this.fleet.start({ ...this.ground.replica, name, worker: WORKER, ...options });
  }

  /** Until it is answered 2xx; then it must have its effect, or its run. */
  async send(delivery: Delivery, expected?: 'effects' | 'runs'): Promise<void> {
    if (expected) this[expected].add(delivery.name);
    await this.sender.deliver(delivery);
  }

  /** @returns false when it does not come true within `limit` milliseconds */
  async until(limit: number, holds: () => Promise<boolean>): Promise<boolean> {
    const end = performance.now() + limit;
    while (performance.now() < end) {
      if (await holds()) return true;
      await pause(25);
    }
    return false;
  }

  async drained(when: string): Promise<void> {
    const drained = await this.ground.drained(DRAINED);
    this.world.findings.check(drained, `not everything was handled within ${DRAINED} ms ${when}`);
  }
}

/** Sets the stage, plays, and asks at the end what is asked of every scenario. */
export async function perform(
  world: World,
  kind: DatabaseKind,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { findings } = world;
  const ground = await Ground.create(kind);
  const stage = new Stage(world, ground);
  const { fleet, sender, effects, runs, exactRuns } = stage;
  try {
    await play(stage);
    await stage.drained('at the end');
    await fleet.terminate();
    const { acknowledged } = sender;
    await ground.judge(findings, { acknowledged, effects, runs, exactRuns });
    for (const error of [...fleet.unhandled(), ...sender.wrong]) findings.wrong(error);
    findings.figure('events', acknowledged.size);
  } finally {
    await fleet.kill();
    sender.close();
    await ground.close();
  }
}
