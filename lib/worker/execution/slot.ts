/**
 * The place of one running event among those that its engine lets run at once. An event that waits for a
 * connection or a permit gives it to others meanwhile.
 */
export interface Slot {
  /** Runs `wait` without holding the slot; holds it again when `wait` has settled, however it did. */
  whileWaiting<T>(wait: () => Promise<T>): Promise<T>;
}

/** For an engine that counts a waiting event as a running one. */
export const keptSlot: Slot = { whileWaiting: (wait) => wait() };
