import { setTimeout as pause } from 'node:timers/promises';
import { completion, cosigned, violation } from './deliveries.js';
import type { Stage } from './stage.js';
import { storedEvents } from '../event.lists.js';

const EVERY = 20;
/**
 * Milliseconds below which twice as long is noise. The short form runs the databases side by side, and other
 * work may run beside it: there it shows stalls, which take a lease or a handler's time; the long form shows the rest.
 */
const NOISE = { short: 300, long: 25 };

/** The events that have nothing to do with the fault: what they wait shows whether it holds them up. */
export class Others {
  private readonly times = new Map<string, string[]>();

  constructor(
    private readonly stage: Stage,
    /** `unrecorded`: those of plain handlers that need no connection of the application's. */
    private readonly kind: 'both' | 'plain' | 'unrecorded' = 'both',
  ) {}

  /** Half of what is measured without the fault, on processes that are warm by then. */
  async before(time: number): Promise<void> {
    await this.come('warming', 1_000);
    await this.come('without', time / 2);
    await this.stage.drained('before the fault');
  }

  /** The other half, and the comparison. */
  async after(time: number): Promise<void> {
    await this.come('without', time / 2);
    await this.stage.drained('without the fault');
    await this.compare();
  }

  /** Instant events at a steady pace, for so many milliseconds. */
  async come(when: 'beside' | 'without' | 'warming', time: number): Promise<void> {
    const names = this.times.get(when) ?? [];
    this.times.set(when, names);
    const sent: Promise<void>[] = [];
    const end = performance.now() + time;
    while (performance.now() < end) {
      const name = `${when}-${names.length}`;
      names.push(name);
      sent.push(this.send(name, names.length));
      await pause(EVERY);
    }
    await Promise.all(sent);
  }

  /** From stored to handled, by the database's clock; call it when all are handled. */
  async compare(): Promise<void> {
    const { findings, short } = this.stage.world;
    const noise = short ? NOISE.short : NOISE.long;
    const took = await this.latencies();
    const median = (when: string): number => {
      const sorted = (this.times.get(when) ?? [])
        .map((name) => took.get(name) ?? Infinity)
        .sort((a, b) => a - b);
      return sorted[Math.floor(sorted.length / 2)] ?? Infinity;
    };
    const disturbed = median('beside');
    const calm = median('without');
    findings.figure('without', `others p50 ${disturbed} ms, ${calm} ms`);
    findings.check(
      disturbed <= Math.max(2 * calm, noise),
      `others took ${disturbed} ms beside it and ${calm} ms without`,
    );
  }

  private async send(name: string, turn: number): Promise<void> {
    if (this.kind === 'both' && turn % 2 === 0) return this.stage.send(violation(name), 'effects');
    if (this.kind === 'unrecorded') {
      // Most of them of the service whose transactional events wait.
      const delivery = turn % 3 === 0 ? completion : cosigned;
      return this.stage.send(delivery(name, { unrecorded: true }));
    }
    return this.stage.send(completion(name), 'runs');
  }

  private async latencies(): Promise<ReadonlyMap<string, number>> {
    const took = new Map<string, number>();
    for (const event of await storedEvents(this.stage.ground.store, { state: 'done' })) {
      const body = JSON.parse(event.body?.toString() ?? '{}') as Named;
      const name = body.job?.id ?? body.data?.pactId ?? '';
      took.set(name, (event.finishedAt ?? Infinity) - event.receivedAt);
    }
    return took;
  }
}

interface Named {
  readonly job?: { readonly id?: string };
  readonly data?: { readonly pactId?: string };
}
