/** A lock that one of all replicas holds, so that only that one does something. */
export interface LeaderLock {
  /** Takes or renews it for `ms` milliseconds. @returns whether `owner` holds it */
  holdLeaderLock(name: string, owner: string, ms: number): Promise<boolean>;
}
