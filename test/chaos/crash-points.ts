import type { DataSource } from 'typeorm';
import type { Crash, CrashPoint, ReplicaMessage } from './replica.options.js';
import type { InboxStore } from '../../lib/inbox/index.js';

const tell = (message: ReplicaMessage): Promise<void> =>
  new Promise((resolve) => {
    if (!process.send) return resolve();
    process.send(message, undefined, {}, () => resolve());
  });

/** The places at which a replica can be made to crash. The library knows nothing of them. */
export class CrashPoints {
  private armed: Crash | undefined;
  private readonly claims = new Set<Promise<unknown>>();

  /** @param works whether this process claims events */
  constructor(private works: boolean) {}

  /** Lets this process claim events. */
  work(): void {
    this.works = true;
  }

  /** Resolves when this process claims nothing any more, and what it was claiming is claimed. */
  async rest(): Promise<void> {
    this.works = false;
    await Promise.allSettled(this.claims);
  }

  arm(crash: Crash): void {
    this.armed = crash;
  }

  /** Does what is asked for at this point, once. */
  async at(point: CrashPoint): Promise<void> {
    const crash = this.armed;
    if (crash?.point !== point) return;
    this.armed = undefined;
    await tell({ type: 'crash', point });
    if (crash.action === 'throw') throw new Error(`Thrown at ${point}.`);
    process.kill(process.pid, crash.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    // Signals to oneself are delivered soon, not at once.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Puts the points around the store that the module uses. */
  wrapStore(store: InboxStore): void {
    const insert = store.insert.bind(store);
    store.insert = async (rows) => {
      await this.at('before-insert');
      const results = await insert(rows);
      await this.at('after-insert');
      return results;
    };
    const claim = store.claim.bind(store);
    store.claim = async (limit, leaseMs, except) => {
      if (!this.works) return [];
      const rows = await this.claiming(claim(limit, leaseMs, except));
      if (rows.length > 0) await this.at('after-claim');
      return rows;
    };
    const claimStalled = store.claimStalled.bind(store);
    store.claimStalled = async (rescue) =>
      this.works ? this.claiming(claimStalled(rescue)) : undefined;
    const settle = store.settle.bind(store);
    store.settle = async (settlements) => {
      await this.at('before-settle');
      if (settlements.some(({ to }) => to === 'retry')) await this.at('before-failure');
      const refused = await settle(settlements);
      await this.at('after-settle');
      return refused;
    };
  }

  private async claiming<T>(claim: Promise<T>): Promise<T> {
    this.claims.add(claim);
    try {
      return await claim;
    } finally {
      this.claims.delete(claim);
    }
  }

  /** Puts the points around the commit of transactional handlers, on whatever DataSource they run. */
  wrapCommit(dataSource: DataSource): void {
    const runner = dataSource.createQueryRunner();
    let owner = Object.getPrototypeOf(runner) as object;
    while (!Object.hasOwn(owner, 'commitTransaction'))
      owner = Object.getPrototypeOf(owner) as object;
    const commit = Reflect.get(owner, 'commitTransaction') as () => Promise<void>;
    const at = this.at.bind(this);
    Object.assign(owner, {
      async commitTransaction(this: object): Promise<void> {
        await at('before-commit');
        await commit.call(this);
        await at('after-commit');
      },
    });
  }
}
