/**
 * What most `data` objects share. Armalo's page shows the fields of `score.changed` and
 * `eval.completed` alone; every other field here and in the DTOs is inferred,
 * is not checked, and may be absent. Fields that nobody lists are kept: see `undocumentedField`.
 */
export class ArmaloData {
  agentId?: string;
  pactId?: string | null;
  evalId?: string;
  escrowId?: string;
  swarmId?: string;
}
