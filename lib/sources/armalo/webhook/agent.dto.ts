import type { ArmaloData } from './armalo-data.js';

/** `agent.registered`: presumably the agent as the API gives it, with `id` or `agentId`. */
export interface AgentRegisteredData extends ArmaloData {
  id?: string;
  externalId?: string;
  name?: string;
  description?: string | null;
  provider?: string | null;
  modelFamily?: string | null;
  isPublic?: boolean;
  walletAddress?: string | null;
  createdAt?: string;
}

/** `wallet.verified` */
export interface WalletVerifiedData extends ArmaloData {
  walletAddress?: string;
  chain?: string;
  verifiedAt?: string;
}
