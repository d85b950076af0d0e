import { ArmaloData } from './armalo-data.js';

/** `swarm.created` */
export class SwarmCreatedData extends ArmaloData {
  name?: string;
}

/** `swarm.halted` */
export class SwarmHaltedData extends ArmaloData {
  reason?: string;
  haltedBy?: string;
  haltedAt?: string;
}
