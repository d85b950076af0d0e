/**
 * What most `data` objects share. Armalo's page shows the fields of `score.changed` and
 * `eval.completed` alone, which are classes with rules; every other field, here and in the other
 * interfaces, is inferred, is not checked, and may be absent. Fields that nobody lists are kept: see `undocumentedField`.
 */
export interface ArmaloData {
  agentId?: string;
  pactId?: string | null;
  evalId?: string;
  escrowId?: string;
  swarmId?: string;
}
