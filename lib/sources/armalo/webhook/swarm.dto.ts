import type { ArmaloData } from './armalo-data.js';

/** `swarm.created` */
export interface SwarmCreatedData extends ArmaloData {
  name?: string;
}

/** `swarm.halted` */
export interface SwarmHaltedData extends ArmaloData {
  reason?: string;
  haltedBy?: string;
  haltedAt?: string;
}
