/** How an evaluation ended. */
export type ArmaloEvalEnd = 'completed' | 'failed' | 'cancelled';

/** Only the first two are documented; the others are read as what they say (docs/contract.md#armalo-open-points). */
const ENDS: ReadonlyMap<string, ArmaloEvalEnd> = new Map([
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['timed_out', 'failed'],
  ['timeout', 'failed'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
]);

/** Undefined for every other status: the evaluation is still running. */
export function armaloEvalEnd(status: string | undefined): ArmaloEvalEnd | undefined {
  return status === undefined ? undefined : ENDS.get(status);
}
