import { ArmaloData } from './armalo-data.js';

class ContextPackData extends ArmaloData {
  packId?: string;
  contextPackId?: string;
  name?: string;
  version?: string;
}

/** `context_pack.published` */
export class ContextPackPublishedData extends ContextPackData {}

/** `context_pack.safety_passed` */
export class ContextPackSafetyPassedData extends ContextPackData {
  scanId?: string;
  scannedAt?: string;
}

/** `context_pack.safety_failed` */
export class ContextPackSafetyFailedData extends ContextPackData {
  scanId?: string;
  scannedAt?: string;
  findings?: unknown[];
}
