import type { Timers } from '../../core/index.js';

const MOST_FAILURES = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered. */
const MOST_ADDRESSES = 10_000;

interface Failures {
  readonly since: number;
  count: number;
}

/** After ten wrong passwords in a minute an address is not listened to for the rest of it. */
export class LoginLimiter {
  private readonly failures = new Map<string, Failures>();

  constructor(private readonly timers: Pick<Timers, 'now'>) {}

  /** Milliseconds until this address may try again; 0 = now. */
  wait(address: string): number {
    const found = this.current(address);
    if (!found || found.count < MOST_FAILURES) return 0;
    return found.since + WINDOW_MS - this.timers.now();
  }

  failed(address: string): void {
    const found = this.current(address);
    if (found) {
      found.count += 1;
      return;
    }
    this.failures.delete(address);
    this.failures.set(address, { since: this.timers.now(), count: 1 });
    if (this.failures.size <= MOST_ADDRESSES) return;
    const [oldest] = this.failures.keys();
    if (oldest !== undefined) this.failures.delete(oldest);
  }

  private current(address: string): Failures | undefined {
    const found = this.failures.get(address);
    return found && this.timers.now() - found.since < WINDOW_MS ? found : undefined;
  }
}
