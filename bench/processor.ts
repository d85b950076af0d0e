import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of processor time since the machine was started. */
export interface ProcessorTime {
  /** The processes of this run of the bench. */
  readonly own: number;
  /** The database servers of this machine. */
  readonly servers: number;
  /** All processes, and what the host took away. */
  readonly busy: number;
  /** All cores, idle or not. */
  readonly total: number;
}

const SERVERS = ['postgres', 'mariadbd', 'mysqld', 'redis-server'];
/** Linux counts in hundredths of a second. */
const TICK = 10;
/** Which of the fields after a process's name are what, in /proc/<pid>/stat. */
const FIELD = { parent: 1, times: 11, timesEnd: 15 };

const ROOT = 'BENCH_ROOT';

/** Processes that are started from now on belong to this run of the bench. */
export function beginRun(): void {
  process.env[ROOT] = String(process.pid);
}

/** @returns undefined where there is no /proc */
export function processorTime(): ProcessorTime | undefined {
  const machine = machineTicks();
  if (!machine) return undefined;
  const processes = readProcesses();
  const root = Number(process.env[ROOT]);
  const isOwn = (pid: number): boolean =>
    pid === root || (pid > 1 && isOwn(processes.get(pid)?.parent ?? 0));
  let own = 0;
  let servers = 0;
  for (const [pid, { name, ticks }] of processes) {
    if (SERVERS.includes(name)) servers += ticks;
    else if (isOwn(pid)) own += ticks;
  }
  return {
    own: own * TICK,
    servers: servers * TICK,
    busy: machine.busy * TICK,
    total: machine.total * TICK,
  };
}

/** The share of all cores that neither the bench nor the database servers used in between. */
export function shareOfOthers(before: ProcessorTime, after: ProcessorTime): number {
  const of = (name: keyof ProcessorTime): number => after[name] - before[name];
  return Math.max(0, of('busy') - of('own') - of('servers')) / Math.max(1, of('total'));
}

function machineTicks(): { readonly busy: number; readonly total: number } | undefined {
  const text = read('/proc/stat');
  if (text === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, hard = 0, soft = 0, steal = 0] = text
    .slice(0, text.indexOf('\n'))
    .split(/\s+/)
    .slice(1)
    .map(Number);
  // Interrupts are nobody's: those of our own connections are among them.
  const busy = user + nice + system + steal;
  return { busy, total: busy + idle + wait + hard + soft };
}

interface ProcessTicks {
  readonly name: string;
  readonly parent: number;
  /** With those of its children that have ended. */
  readonly ticks: number;
}

function readProcesses(): ReadonlyMap<number, ProcessTicks> {
  const found = new Map<number, ProcessTicks>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // It may have ended since.
    const text = read(`/proc/${entry}/stat`);
    if (text === undefined) continue;
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    found.set(Number(entry), {
      name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
      parent: Number(fields[FIELD.parent]),
      ticks: fields
        .slice(FIELD.times, FIELD.timesEnd)
        .reduce((sum, field) => sum + Number(field), 0),
    });
  }
  return found;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
