import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** More of all cores than this for programs of others, and a measurement does not count. */
const DISTURBED = 0.08;
/** Microseconds of a tick of /proc, as Linux is built. */
const TICK = 10_000;

const SERVERS = /^(postgres|postmaster|mariadbd|redis-server)/;

interface Use {
  readonly at: number;
  readonly all: number;
  readonly ours: number;
  readonly servers: number;
}

/** What a stretch of time cost the machine. Only Linux tells. */
export interface MachineUse {
  /** Microseconds of the database servers' processor time; NaN where it cannot be told. */
  readonly servers: number;
  /** Share of all cores that programs of others had. */
  readonly others: number;
  readonly disturbed: boolean;
}

/** Begins a stretch. @returns what ends it */
export function machineUse(): () => MachineUse {
  const before = used();
  return () => {
    const after = used();
    if (!before || !after) return { servers: NaN, others: NaN, disturbed: false };
    const others =
      after.all - before.all - (after.ours - before.ours) - (after.servers - before.servers);
    const share = Math.max(0, others) / ((after.at - before.at) * 1_000 * availableParallelism());
    return { servers: after.servers - before.servers, others: share, disturbed: share > DISTURBED };
  };
}

/** For the head of a report. */
export function machineText(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${gigabytes} GB, Node ${process.versions.node}`;
}

export const versionOf = (command: string, ...args: readonly string[]): string => {
  try {
    return execFileSync(command, args, { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};

function used(): Use | undefined {
  try {
    const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = first
      .split(/\s+/)
      .slice(1)
      .map(Number);
    const processes = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(processOf);
    const ours = new Set([process.pid]);
    for (const { pid, parent } of processes) if (ours.has(parent)) ours.add(pid);
    const sum = (of: typeof processes) => of.reduce((total, { cpu }) => total + cpu, 0);
    return {
      at: performance.now(),
      all: (user + nice + system + irq + softirq) * TICK,
      ours: sum(processes.filter(({ pid }) => ours.has(pid))),
      servers: sum(processes.filter(({ name }) => SERVERS.test(name))),
    };
  } catch {
    return undefined;
  }
}

function processOf(pid: string) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    // With what its children had that have ended: it is counted to them until then.
    const times = fields.slice(11, 15).map(Number);
    const cpu = times.reduce((sum, ticks) => sum + ticks, 0) * TICK;
    const parent = Number(fields[1]);
    return [{ pid: Number(pid), parent, name: stat.slice(stat.indexOf('(') + 1, end), cpu }];
  } catch {
    // It has ended meanwhile.
    return [];
  }
}
