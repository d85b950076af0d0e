import { systemClock, systemTimers, type Clock, type Timers } from '../core/index.js';

/** What a sandbox writes is dated and what it does later waits, both by the same time. */
export type SandboxTimers = Clock & Pick<Timers, 'after'>;

export const timeOfDay: SandboxTimers = {
  now: () => systemClock.now(),
  after: (ms, then) => systemTimers.after(ms, then),
};
