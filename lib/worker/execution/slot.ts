/**
 * The place of one running event among the `concurrency` of its process. An event that waits for a
 * connection or a permit gives it to others meanwhile.
 */
export interface Slot {
  /** Runs `wait` without holding the slot; holds it again when `wait` has settled, however it did. */
  whileWaiting<T>(wait: () => Promise<T>): Promise<T>;
}
