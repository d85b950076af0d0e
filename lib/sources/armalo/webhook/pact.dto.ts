import type { ArmaloData } from './armalo-data.js';

/** A pact's condition, as it is sent when a pact is created. */
export interface PactCondition {
  [key: string]: unknown;
  type?: string;
  operator?: string;
  value?: unknown;
  severity?: string;
  verificationMethod?: string;
  description?: string;
}

/** `pact.violated` */
export interface PactViolatedData extends ArmaloData {
  condition?: PactCondition;
  conditionType?: string;
  /** `critical`, `major`, `minor` or `info`. */
  severity?: string;
  violations?: unknown[];
  interactionId?: string;
}

/** `pact.anchored` */
export interface PactAnchoredData extends ArmaloData {
  conditionsHash?: string;
  txHash?: string;
  chain?: string;
  blockNumber?: number;
  anchoredAt?: string;
}

/** `pact.cosigned` */
export interface PactCosignedData extends ArmaloData {
  counterpartyAgentId?: string;
  signature?: string;
  cosignedAt?: string;
}
