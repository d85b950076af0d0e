const BATCH = 500;

/** The numbers of a backlog's events, as many at once as are inserted together. */
export function* inBatches(backlog: number): Generator<readonly number[]> {
  for (let from = 0; from < backlog; from += BATCH) {
    yield Array.from({ length: Math.min(BATCH, backlog - from) }, (_, index) => from + index);
  }
}
