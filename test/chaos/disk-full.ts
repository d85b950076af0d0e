import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseKind } from '../databases.js';
import { violation } from './deliveries.js';
import { Others } from './others.js';
import type { Scenario, World } from './scenario.js';
import { perform, type Stage } from './stage.js';
import { unfinishedEvents } from '../event.lists.js';

/** More than any page that is there already has room for. */
const BYTES = 20_000;
const STORED = 5;
const REFUSED = 10;
const WORKER = {
  lease: 1_000,
  pollInterval: 100,
  retry: { delay: 100, factor: 1, attempts: 1_000 },
};

/** Nothing more can be written, and then it can again; nobody restarts anything. */
export const diskFull: Scenario = {
  name: 'disk-full',
  about: 'no room for inserts and handlers, then room again, without a restart',
  databases: ['sqlite'],
  run: (world: World, kind: DatabaseKind) =>
    perform(world, kind, async (stage) => {
      const { findings, short } = world;
      const span = short ? 1_500 : 10_000;
      const rounds = short ? 2 : 10;
      const replica = stage.start('replica', { worker: WORKER });
      await replica.ready();
      const others = new Others(stage);
      await others.come('warming', 500);
      await others.come('without', span);
      let recovery = 0;
      for (let round = 0; round < rounds; round += 1) {
        await replica.rest();
        await store(stage, round);
        replica.tell({ type: 'work' });
        const begun = () => areBegun(stage);
        findings.check(await stage.until(5_000, begun), 'the stored events were not begun');
        await replica.fillDisk(true);
        const refused = await refusals(stage, replica.port ?? 0, `refused-${round}`);
        await pause(500);
        findings.check(await begun(), 'an event was handled on the full disk');
        await replica.fillDisk(false);
        const since = performance.now();
        await stage.send(violation(`room-${round}`), 'effects');
        await Promise.all(refused.map((name) => stage.send(large(name), 'effects')));
        await stage.drained('after there was room again');
        recovery = Math.max(recovery, Math.round(performance.now() - since));
      }
      findings.check(!replica.exited, 'the process has exited');
      // Of those beside it none can be stored; so it is those right after it.
      await others.come('beside', span);
      await stage.drained('after the last of them');
      await others.compare();
      findings.check(recovery < 5_000, `all was handled ${recovery} ms after there was room`);
      findings.figure('times 503', stage.sender.statuses.get(503) ?? 0);
      findings.figure('ms until all was handled again', recovery);
    }),
};

const large = (name: string, asked: object = {}) =>
  violation(name, { bytes: BYTES, padding: 'x'.repeat(BYTES), ...asked });

/** The first one's transaction is open when the disk gets full, the others are claimed. */
async function store(stage: Stage, round: number): Promise<void> {
  for (let index = 0; index < STORED; index += 1) {
    const asked = index === 0 ? { wait: 1_500 } : {};
    await stage.send(large(`stored-${round}-${index}`, asked), 'effects');
  }
}

async function refusals(stage: Stage, port: number, prefix: string): Promise<readonly string[]> {
  const names = Array.from({ length: REFUSED }, (_, index) => `${prefix}-${index}`);
  for (const name of names) {
    const { path, request } = large(name);
    const { status } = await stage.sender.post(port, path, request);
    stage.world.findings.check(status === 503, `answered ${status} on the full disk`);
  }
  return names;
}

async function areBegun({ ground }: Stage): Promise<boolean> {
  const open = await unfinishedEvents(ground.store);
  return open.length === STORED && open.every(({ attempts }) => attempts > 0);
}
