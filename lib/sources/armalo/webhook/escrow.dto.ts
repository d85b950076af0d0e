import { ArmaloData } from './armalo-data.js';

class EscrowData extends ArmaloData {
  dealId?: string;
  /** USDC; a number or a decimal text. */
  amountUsdc?: number | string;
  txHash?: string;
  status?: string;
}

/** `escrow.funded` */
export class EscrowFundedData extends EscrowData {}

/** `escrow.released`: perhaps one event a milestone. */
export class EscrowReleasedData extends EscrowData {
  milestoneIndex?: number;
}

/** `escrow.disputed` */
export class EscrowDisputedData extends EscrowData {
  reason?: string;
  raisedBy?: string;
}

/** `escrow.expired` */
export class EscrowExpiredData extends EscrowData {
  expiresAt?: string;
}
