import type { ArmaloData } from './armalo-data.js';

interface EscrowData extends ArmaloData {
  dealId?: string;
  /** USDC; a number or a decimal text. */
  amountUsdc?: number | string;
  txHash?: string;
  status?: string;
}

/** `escrow.funded` */
export type EscrowFundedData = EscrowData;

/** `escrow.released`: perhaps one event a milestone. */
export interface EscrowReleasedData extends EscrowData {
  milestoneIndex?: number;
}

/** `escrow.disputed` */
export interface EscrowDisputedData extends EscrowData {
  reason?: string;
  raisedBy?: string;
}

/** `escrow.expired` */
export interface EscrowExpiredData extends EscrowData {
  expiresAt?: string;
}
