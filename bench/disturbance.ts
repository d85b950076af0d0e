import { percent } from './table.js';

export interface Measurement {
  /** Share of all cores that other processes used meanwhile; undefined where that cannot be read. */
  readonly others: number | undefined;
}

export type Judged<T> = T & { readonly disturbed: boolean };

const TOLERATED = 0.08;
const REPEATS = 3;

/** Repeats a measurement that other work disturbed; where that does not help, takes the least disturbed one. */
export async function undisturbed<T extends Measurement>(
  what: string,
  measure: () => Promise<T>,
): Promise<Judged<T>> {
  let best = await measure();
  for (let repeat = 1; repeat <= REPEATS && isDisturbed(best); repeat += 1) {
    console.log(
      `${what}: disturbed, others used ${percent(best.others ?? 0)} of all cores. Repeated (${repeat} of ${REPEATS}).`,
    );
    const next = await measure();
    if ((next.others ?? 0) < (best.others ?? 0)) best = next;
  }
  return { ...best, disturbed: isDisturbed(best) };
}

const isDisturbed = ({ others }: Measurement): boolean => (others ?? 0) > TOLERATED;

/** For a table: how many of the rounds were. */
export function disturbedRounds(rounds: readonly Judged<Measurement>[]): string {
  const count = rounds.filter(({ disturbed }) => disturbed).length;
  return count === 0 ? 'no' : `${count} of ${rounds.length}`;
}
