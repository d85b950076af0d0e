import type { ArmaloData } from './armalo-data.js';

interface ContextPackData extends ArmaloData {
  packId?: string;
  contextPackId?: string;
  name?: string;
  version?: string;
}

/** `context_pack.published` */
export type ContextPackPublishedData = ContextPackData;

/** `context_pack.safety_passed` */
export interface ContextPackSafetyPassedData extends ContextPackData {
  scanId?: string;
  scannedAt?: string;
}

/** `context_pack.safety_failed` */
export interface ContextPackSafetyFailedData extends ContextPackData {
  scanId?: string;
  scannedAt?: string;
  findings?: unknown[];
}
